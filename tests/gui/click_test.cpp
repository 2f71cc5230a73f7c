// Every control of the window, clicked: what is set changes, and the worker is asked for the right thing.

#include <algorithm>
#include <cstdlib>

#include <gtest/gtest.h>
#include <imgui_internal.h>

#include "gui/engine.h"
#include "gui/sample_findings.h"
#include "gui/shell/interface.h"
#include "gui/shell/layout.h"
#include "session/session.h"

namespace knobscope::test {
namespace {

HarnessOptions display_options() {
  HarnessOptions options;
  const char* display = std::getenv("KNOBSCOPE_TEST_DISPLAY");
  if (display != nullptr && std::string(display) == "desktop") {
    options.display = gui::Display::desktop;
    options.size = {1280, 720};
    options.scale = 1.0F;
  }
  return options;
}

bool is_shown(const char* title) {
  const ImGuiWindow* window = ImGui::FindWindowByName(gui::window_id(title).c_str());
  return window != nullptr && window->Active;
}

/// Whether a window's list has a vertex of a colour between two heights.
bool has_color(const ImGuiWindow& window, ImU32 color, float top, float bottom) {
  const auto& vertices = window.DrawList->VtxBuffer;
  return std::any_of(vertices.begin(), vertices.end(), [&](const ImDrawVert& vertex) {
    return vertex.col == color && vertex.pos.y >= top && vertex.pos.y <= bottom;
  });
}

/// Whether a microsecond's sign is drawn anywhere in the window, in any font and size: what every time here has.
bool shows_a_time(const gui::Theme& theme) {
  constexpr ImWchar kMicro = 0xB5;
  const gui::Fonts& fonts = theme.fonts;
  for (ImFont* font : {fonts.words, fonts.strong, fonts.figures, fonts.strong_figures}) {
    for (const float size : {gui::text_size::caption, gui::text_size::small, gui::text_size::body,
                             gui::text_size::value, gui::text_size::title}) {
      const ImFontGlyph* glyph = font->GetFontBaked(size * theme.scale)->FindGlyphNoFallback(kMicro);
      if (glyph == nullptr) continue;
      for (const ImGuiWindow* window : ImGui::GetCurrentContext()->Windows) {
        if (!window->Active || window->Hidden) continue;
        const auto& vertices = window->DrawList->VtxBuffer;
        if (std::any_of(vertices.begin(), vertices.end(), [glyph](const ImDrawVert& vertex) {
              return vertex.uv.x == glyph->U0 && vertex.uv.y == glyph->V0;
            })) {
          return true;
        }
      }
    }
  }
  return false;
}

class Clicks : public testing::Test {
 protected:
  Clicks() : engine_(display_options()) {}

  gui::ViewState& state() { return engine_.harness().state(); }
  ScriptedSink& sink() { return engine_.harness().sink(); }
  Snapshot& snapshot() { return engine_.harness().snapshot(); }
  gui::Interface& interface() { return engine_.harness().stage().interface(); }
  std::string variant(std::size_t index) { return snapshot().catalog->variants[index].id; }

  Engine engine_;
};

TEST_F(Clicks, PickAnOperation) {
  engine_.run([this](ImGuiTestContext* ctx) {
    // Where the bar has no room for all four, the last ones are behind "more".
    const char* wanted = "//##top/operation/BatchNorm inference";
    if (ctx->ItemExists(wanted)) {
      ctx->ItemClick(wanted);
    } else {
      ctx->ItemClick("//##top/operation/more");
      ctx->ItemClick("//$FOCUSED/BatchNorm inference");
    }
    ctx->Yield(2);
    IM_CHECK(state().plan.operation == Operation::batchnorm_inference);
    IM_CHECK_EQ(state().plan.shapes.front().size(), 4U);
  });
  const auto asked = sink().latest<worker::MeasurePoints>();
  ASSERT_TRUE(asked);
  ASSERT_FALSE(asked->points.empty());
  EXPECT_EQ(asked->points.front().problem.operation, Operation::batchnorm_inference);
  EXPECT_EQ(asked->points.front().variant, "batchnorm_inference/01_plane.cu");
}

TEST_F(Clicks, PickAnActivationAndALayout) {
  engine_.run([this](ImGuiTestContext* ctx) {
    ctx->ItemClick("//###Problem/activation/GELU");
    IM_CHECK(state().plan.activation == Activation::gelu);
    state().plan.operation = Operation::batchnorm_inference;
    state().plan.shapes = {{16, 64, 56, 56}};
    ctx->Yield(2);
    ctx->ItemClick("//###Problem/layout/NHWC");
    IM_CHECK(state().plan.layout == Layout::nhwc);
    IM_CHECK(first_problem(state().plan).activation == Activation::none);
  });
}

TEST_F(Clicks, PickAShapeATypeADistribution) {
  engine_.run([this](ImGuiTestContext* ctx) {
    ctx->ItemClick("//###Problem/type/bf16");
    ctx->ItemClick("//###Problem/presets");
    ctx->ItemClick("//$FOCUSED/odd length");
    IM_CHECK(state().plan.shapes.front() == (std::vector<std::int64_t>{8191, 4097}));
    ctx->ItemInputValue("//###Problem/$$1/##dimension", 768);
    ctx->ItemInputValue("//###Problem/##seed", 42);
    ctx->ItemClick("//###Problem/distribution/offset");
    ctx->Yield(2);
    ctx->MouseMove("//###Problem/offset");
    ctx->MouseWheelY(1.0F);
    ctx->Yield(2);
  });
  const auto asked = sink().latest<worker::MeasurePoints>();
  ASSERT_TRUE(asked);
  ASSERT_FALSE(asked->points.empty());
  const Problem& problem = asked->points.front().problem;
  EXPECT_EQ(problem.shape, (std::vector<std::int64_t>{8191, 768}));
  EXPECT_EQ(problem.type, ElementType::bf16);
  EXPECT_EQ(problem.seed, 42U);
  EXPECT_EQ(problem.distribution.kind, DistributionKind::offset);
  EXPECT_GT(problem.distribution.offset, 1000.0);
}

TEST_F(Clicks, TickAndSelectVariants) {
  engine_.run([this](ImGuiTestContext* ctx) {
    ctx->ItemClick(row_item(ctx, variant(0), "tick"));
    IM_CHECK(!state().ticked.contains(variant(0)));
    ctx->ItemClick(row_item(ctx, variant(3), "select"));
    IM_CHECK_STR_EQ(state().selected_variant.c_str(), variant(3).c_str());
    ctx->KeyPress(ImGuiKey_J);
    IM_CHECK_STR_EQ(state().selected_variant.c_str(), variant(4).c_str());
    ctx->KeyPress(ImGuiKey_K, 2);
    IM_CHECK_STR_EQ(state().selected_variant.c_str(), variant(2).c_str());
  });
}

TEST_F(Clicks, TurnAKnob) {
  if (display_options().display == gui::Display::desktop) GTEST_SKIP() << "the knobs are behind a tab at this size";
  engine_.run([this](ImGuiTestContext* ctx) {
    const char* dial = "//###Knobs/block/dial/dial";
    ctx->MouseMove(dial);
    ctx->MouseWheelY(1.0F);
    ctx->Yield(2);
    IM_CHECK_EQ(state().knobs.at("block"), 320);
    ctx->ItemClick(dial);
    ctx->KeyPress(ImGuiKey_UpArrow);
    IM_CHECK_EQ(state().knobs.at("block"), 512);
    ctx->KeyPress(ImGuiKey_LeftArrow, 2);
    IM_CHECK_EQ(state().knobs.at("block"), 256);
    ctx->ItemDoubleClick(dial);
    ctx->KeyCharsReplaceEnter("700");
    ctx->Yield(2);
    IM_CHECK_EQ(state().knobs.at("block"), 768);
    ctx->MouseMove(dial);
    ctx->MouseDragWithDelta({0.0F, 400.0F});
    IM_CHECK_EQ(state().knobs.at("block"), 32);
  });
}

TEST_F(Clicks, KeysRunPauseCancelAndCompare) {
  engine_.run([this](ImGuiTestContext* ctx) {
    sink().take();
    ctx->KeyPress(ImGuiKey_Space);
    IM_CHECK(sink().latest<worker::SetPaused>().has_value());
    IM_CHECK(sink().latest<worker::SetPaused>()->paused);
    snapshot().paused = true;
    ctx->KeyPress(ImGuiKey_Space);
    IM_CHECK(!sink().latest<worker::SetPaused>()->paused);
    snapshot().paused = false;
    ctx->KeyPress(ImGuiKey_Escape);
    IM_CHECK(sink().latest<worker::CancelAll>().has_value());
    snapshot().live = nullptr;
    snapshot().progress = {};
    sink().take();
    ctx->KeyPress(ImGuiKey_Space);
    ctx->Yield(2);
    IM_CHECK(sink().latest<worker::MeasurePoints>().has_value());
    ctx->KeyPress(ImGuiKey_R);
    ctx->Yield(2);
    IM_CHECK_EQ(sink().latest<worker::MeasurePoints>()->points.size(), 64U);
    ctx->KeyPress(ImGuiKey_B);
    IM_CHECK(state().baseline_point.has_value());
    ctx->KeyPress(ImGuiKey_F1);
    ctx->Yield(2);
    IM_CHECK(ctx->WindowInfo("//Keys##overlay").Window != nullptr);
    ctx->KeyPress(ImGuiKey_Escape);
  });
}

TEST_F(Clicks, ButtonsDoWhatTheirKeysDo) {
  engine_.run([this](ImGuiTestContext* ctx) {
    sink().take();
    ctx->ItemClick("//##top/run");
    IM_CHECK(sink().latest<worker::SetPaused>().has_value());
    ctx->ItemClick("//##top/cancel");
    IM_CHECK(sink().latest<worker::CancelAll>().has_value());
  });
}

TEST_F(Clicks, LettersTypedIntoAFieldAreNotKeys) {
  engine_.run([this](ImGuiTestContext* ctx) {
    ctx->WindowFocus("//###Log");
    ctx->ItemClick("//###Log/##filter");
    const std::string selected = state().selected_variant;
    sink().take();
    ctx->KeyChars("krb j");
    ctx->Yield(2);
    IM_CHECK_STR_EQ(state().selected_variant.c_str(), selected.c_str());
    IM_CHECK(sink().take().empty());
  });
}

TEST_F(Clicks, SaveThenOpenWhatWasSaved) {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "lab.session";
  state().session_path = file.string();
  engine_.run([this](ImGuiTestContext* ctx) {
    ctx->KeyPress(ImGuiMod_Ctrl | ImGuiKey_S);
    for (int i = 0; i < 2000 && (interface().is_busy() || interface().notice().empty()); ++i) ctx->Yield();
    IM_CHECK_STR_EQ(interface().notice().substr(0, 5).c_str(), "Saved");
  });
  EXPECT_EQ(session::load(file).points.size(), snapshot().points->size());

  sink().take();
  interface().drop(file);
  engine_.run([this](ImGuiTestContext* ctx) {
    while (interface().is_busy()) ctx->Yield();
    IM_CHECK(state().recorded);
    IM_CHECK(ctx->WindowInfo("//##recorded").Window != nullptr);
    ctx->KeyPress(ImGuiKey_Space);
    ctx->KeyPress(ImGuiKey_R);
    ctx->Yield(2);
    IM_CHECK(!sink().latest<worker::MeasurePoints>().has_value());
    IM_CHECK(sink().latest<worker::ShowPoints>().has_value());
    ctx->ItemClick("//##recorded/$$0/action");
    ctx->Yield(2);
    IM_CHECK(!state().recorded);
    IM_CHECK(sink().latest<worker::MeasurePoints>().has_value());
  });
}

TEST_F(Clicks, WithoutAGpuTheRecordedSessionIsOneClickAway) {
  auto& devices = snapshot().devices;
  devices = {devices[1]};
  ASSERT_EQ(devices.front().kind, DeviceKind::cpu);
  engine_.run([this](ImGuiTestContext* ctx) {
    ctx->Yield(2);
    ctx->ItemClick("//##no_gpu/$$0/action");
    ctx->Yield(2);
    while (interface().is_busy()) ctx->Yield();
    IM_CHECK(state().recorded);
    IM_CHECK_STR_EQ(state().plan.device.c_str(), "cuda:0");
    IM_CHECK(sink().latest<worker::ShowPoints>().has_value());
  });
}

/// Picks a device of the sample in the menu of the top bar.
void pick_device(ImGuiTestContext* ctx, const std::string& id) {
  ctx->ItemClick("//##top/device");
  const char* name = id == "emulated" ? "Emulated GPU" : "Sample GPU";
  ctx->ItemClick(("//$FOCUSED/" + id + "/" + name + "##device").c_str());
  ctx->Yield(6);
}

bool is_drawn(const char* window_name) {
  const ImGuiWindow* window = ImGui::FindWindowByName(window_name);
  return window != nullptr && window->Active;
}

TEST_F(Clicks, TheEmulatedDeviceGetsASmallShapeAndTheFormerOneComesBack) {
  engine_.run([this](ImGuiTestContext* ctx) {
    ctx->Yield(2);
    state().plan.shapes = {{4096, 16'384}};
    state().plan.types = {ElementType::bf16};
    state().knobs["block"] = 512;
    pick_device(ctx, "emulated");
    IM_CHECK_STR_EQ(state().plan.device.c_str(), "emulated");
    IM_CHECK(state().plan.shapes.front() == (std::vector<std::int64_t>{16, 4096}));
    IM_CHECK(state().plan.types.front() == ElementType::bf16);
    IM_CHECK_EQ(state().knobs.at("block"), 512);
    IM_CHECK(sink().latest<worker::MeasurePoints>().has_value());
    IM_CHECK_STR_EQ(sink().latest<worker::MeasurePoints>()->points.front().device.c_str(), "emulated");
    IM_CHECK(is_drawn("##emulated"));
    state().plan.shapes = {{3, 500}};
    pick_device(ctx, "cuda:0");
    IM_CHECK(state().plan.shapes.front() == (std::vector<std::int64_t>{4096, 16'384}));
    IM_CHECK(!is_drawn("##emulated"));
    pick_device(ctx, "emulated");
    IM_CHECK(state().plan.shapes.front() == (std::vector<std::int64_t>{3, 500}));
  });
}

TEST_F(Clicks, QuickAndThoroughAreAskedForAndOnlyOnTheEmulatedDevice) {
  engine_.run([this](ImGuiTestContext* ctx) {
    ctx->Yield(2);
    pick_device(ctx, "emulated");
    IM_CHECK(sink().latest<worker::MeasurePoints>()->points.front().method.thorough);
    ctx->ItemClick("//##emulated/mode/quick");
    ctx->Yield(2);
    IM_CHECK(!state().plan.method.thorough);
    IM_CHECK(!sink().latest<worker::MeasurePoints>()->points.front().method.thorough);
    pick_device(ctx, "cuda:0");
    IM_CHECK(state().plan.method.thorough);
    pick_device(ctx, "emulated");
    IM_CHECK(!state().plan.method.thorough);
    ctx->ItemClick("//##emulated/mode/thorough");
    ctx->Yield(2);
    IM_CHECK(sink().latest<worker::MeasurePoints>()->points.front().method.thorough);
  });
}

TEST_F(Clicks, WithoutAGpuTheEmulatedDeviceIsOneClickAway) {
  snapshot().devices.erase(snapshot().devices.begin());
  engine_.run([this](ImGuiTestContext* ctx) {
    ctx->Yield(2);
    IM_CHECK_STR_EQ(state().plan.device.c_str(), "cpu");
    ctx->ItemClick("//##no_gpu/$$0/action");
    ctx->Yield(6);
    IM_CHECK_STR_EQ(state().plan.device.c_str(), "emulated");
    IM_CHECK(state().selected_variant.ends_with(".cu"));
    IM_CHECK(!is_drawn("##no_gpu"));
    IM_CHECK(is_drawn("##emulated"));
  });
}

/// The emulated device is chosen, and the sample's racy kernel is looked at.
class Judged : public Clicks {
 protected:
  Judged() {
    snapshot() = sample_judged_snapshot();
    engine_.harness().frames(2);
    state().plan = gui::built_in_plan(DeviceKind::emulated);
    state().plan.device = "emulated";
    state().selected_variant = variant(1);
    engine_.harness().frames(8);
  }
};

TEST_F(Judged, AFindingLeadsToItsLineAndToTheOtherOne) {
  engine_.run([this](ImGuiTestContext* ctx) {
    ctx->Yield(6);
    const ImGuiWindow* source = ctx->WindowInfo("//###Kernel/##source").Window;
    ImGuiWindow* list = ctx->WindowInfo("//###Kernel/findings").Window;
    IM_CHECK(source != nullptr && list != nullptr && list->Active);
    const ImU32 pointer = gui::packed(interface().theme().accent);
    IM_CHECK(!has_color(*source, pointer, -1e9F, 1e9F));
    ctx->SetRef(list);
    ctx->ItemClick("$$1/show");
    ctx->Yield(6);
    IM_CHECK(has_color(*source, pointer, source->ClipRect.Min.y, source->ClipRect.Max.y));
    const float at_the_tail = source->Scroll.y;
    ctx->ItemClick("$$0/show other");
    ctx->Yield(6);
    IM_CHECK(has_color(*source, pointer, source->ClipRect.Min.y, source->ClipRect.Max.y));
    IM_CHECK_LT(source->Scroll.y, at_the_tail);
    ctx->ItemClick("//###Kernel/fold findings");
    ctx->Yield(2);
    IM_CHECK(!list->Active);
    ctx->ItemClick("//###Kernel/fold findings");
    ctx->Yield(2);
    IM_CHECK(list->Active);
  });
  engine_.harness().picture("finding_clicked");
}

TEST_F(Judged, NoTimeStandsAnywhereNotEvenOfAPointThatSaysItHasOne) {
  // The sample's points have times of microseconds; on a GPU they stand in several panels.
  const Snapshot judged = snapshot();
  engine_.run([&](ImGuiTestContext* ctx) {
    pick_device(ctx, "cuda:0");
    snapshot() = sample_snapshot();
    ctx->Yield(6);
    IM_CHECK(shows_a_time(interface().theme()));
    snapshot() = judged;
    auto live = std::make_shared<LivePoint>();
    live->request = judged.points->back()->request;
    live->phase = Phase::verify;
    live->cold = sample_times(231e3, 0.002, 99, 120);
    snapshot().live = live;
    pick_device(ctx, "emulated");
    ctx->Yield(6);
    IM_CHECK(!shows_a_time(interface().theme()));
    for (const char* panel : {"Throughput", "Scope", "Log"}) {
      gui::bring_panel_to_front(panel);
      ctx->Yield(4);
      IM_CHECK(!shows_a_time(interface().theme()));
    }
  });
}

TEST_F(Judged, TheKernelAndItsErrorsComeToTheFrontAndTheWayBackIsTheSame) {
  const auto front = [](const char* title) {
    const ImGuiWindow* window = ImGui::FindWindowByName(gui::window_id(title).c_str());
    return window != nullptr && window->Active && !window->Hidden;
  };
  engine_.run([&](ImGuiTestContext* ctx) {
    ctx->Yield(6);
    IM_CHECK(front("Error") && !front("Throughput"));
    IM_CHECK(front("Error map") && !front("Scope"));
    pick_device(ctx, "cuda:0");
    IM_CHECK(front("Throughput") && !front("Error"));
    IM_CHECK(front("Scope") && front("Error map"));
  });
}

TEST_F(Judged, ArrangedPanelsStayWhereTheyWerePut) {
  engine_.run([this](ImGuiTestContext* ctx) {
    ctx->Yield(6);
    ctx->DockInto("//###Log", "//###Kernel");
    ctx->Yield(4);
    const ImGuiID dock = ctx->WindowInfo("//###Log").Window->DockId;
    IM_CHECK_EQ(dock, ctx->WindowInfo("//###Kernel").Window->DockId);
    pick_device(ctx, "cuda:0");
    IM_CHECK_EQ(ctx->WindowInfo("//###Log").Window->DockId, dock);
    IM_CHECK(!ctx->WindowInfo("//###Throughput").Window->Hidden);
  });
}

TEST_F(Clicks, AKernelThatDoesNotCompileShowsTheMessageAtItsLine) {
  if (display_options().display == gui::Display::desktop) GTEST_SKIP() << "the kernel is behind a tab at this size";
  constexpr int kLine = 140;  // far enough down that the panel must scroll there
  auto catalog = std::make_shared<Catalog>(*snapshot().catalog);
  Variant& broken = catalog->variants[4];
  broken.source += std::string(300, '\n');
  snapshot().catalog = catalog;
  auto points = std::make_shared<std::vector<PointPtr>>(*snapshot().points);
  auto point = std::make_shared<Point>(*sample_point(900, broken, 256, 0, Verdict::failed, "does not compile"));
  const std::string file = broken.id.substr(broken.id.rfind('/') + 1);
  point->compile_log = file + "(" + std::to_string(kLine) + "): error: identifier \"sum\" is undefined\n";
  points->push_back(point);
  snapshot().points = points;
  state().selected_variant = broken.id;
  state().selected_point = 900;
  const ImU32 mark = gui::packed(interface().theme().wrong.ground);
  engine_.run([&](ImGuiTestContext* ctx) {
    ctx->Yield(6);
    const ImGuiWindow* source = ctx->WindowInfo("//###Kernel/##source").Window;
    IM_CHECK(source != nullptr && source->Active);
    IM_CHECK_GT(source->Scroll.y, 0.0F);
    IM_CHECK(has_color(*source, mark, source->ClipRect.Min.y, source->ClipRect.Max.y));
    const ImGuiWindow* log = ctx->WindowInfo("//###Kernel/compile log").Window;
    IM_CHECK(log != nullptr && log->Active);
  });
  engine_.harness().picture("compile_error");
  point = std::make_shared<Point>(*point);
  point->compile_log.clear();
  points = std::make_shared<std::vector<PointPtr>>(*points);
  points->back() = point;
  snapshot().points = points;
  engine_.run([&](ImGuiTestContext* ctx) {
    ctx->Yield(6);
    const ImGuiWindow* source = ctx->WindowInfo("//###Kernel/##source").Window;
    IM_CHECK(!has_color(*source, mark, -1e9F, 1e9F));
  });
}

TEST_F(Clicks, TheMenuChangesThemeHidesPanelsAndResetsTheLayout) {
  engine_.run([this](ImGuiTestContext* ctx) {
    ctx->ItemClick("//##top/menu");
    ctx->ItemClick("//$FOCUSED/Light");
    ctx->Yield(2);
    IM_CHECK(interface().theme().name == gui::ThemeName::light);
    ctx->ItemClick("//##top/menu");
    ctx->ItemClick("//$FOCUSED/Scope");
    ctx->Yield(3);
    IM_CHECK(!is_shown("Scope"));
    ctx->ItemClick("//##top/menu");
    ctx->ItemClick("//$FOCUSED/Reset layout");
    ctx->Yield(3);
    IM_CHECK(is_shown("Scope"));
  });
}

}  // namespace
}  // namespace knobscope::test
