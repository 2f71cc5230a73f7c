// The window without a mouse: Tab, arrows, Enter and Space reach and work every control, and the command palette does
// what the error map's do.

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <imgui_internal.h>

#include "gui/engine.h"
#include "gui/sample_region.h"
#include "gui/shell/interface.h"
#include "gui/views/error_lab_choices.h"
#include "gui/views/lenses.h"
#include "gui/views/series.h"

namespace knobscope::test {
namespace {

constexpr int kMostTabs = 60;

/// Presses Tab until an item has the focus; false where it never gets it.
bool tab_to(ImGuiTestContext* ctx, ImGuiID id) {
  for (int i = 0; i < kMostTabs; ++i) {
    if (ctx->UiContext->NavId == id && ctx->UiContext->NavCursorVisible) return true;
    ctx->KeyPress(ImGuiKey_Tab);
    ctx->Yield();
  }
  const ImGuiWindow* focused = ctx->UiContext->NavWindow;
  ctx->LogError("the focus is on %08X in %s", ctx->UiContext->NavId, focused != nullptr ? focused->Name : "no window");
  return false;
}

/// Presses F6 until a window has the focus.
bool go_to_window(ImGuiTestContext* ctx, const char* name) {
  const ImGuiWindow* wanted = ImGui::FindWindowByName(name);
  for (int i = 0; i < 20; ++i) {
    const ImGuiWindow* focused = ctx->UiContext->NavWindow;
    if (focused != nullptr && focused->RootWindow == wanted) return true;
    ctx->KeyPress(ImGuiKey_F6);
    ctx->Yield(2);
  }
  return false;
}

class Keyboard : public testing::Test {
 protected:
  gui::ViewState& state() { return engine_.harness().state(); }
  gui::ErrorLab& lab() { return state().error_lab; }
  Snapshot& snapshot() { return engine_.harness().snapshot(); }
  ScriptedSink& sink() { return engine_.harness().sink(); }

  /// The latest point of that verdict whose output was judged.
  PointPtr look_at(Verdict verdict) {
    engine_.harness().frames(3);
    PointPtr found;
    for (const PointPtr& point : *snapshot().points) {
      if (point->verdict == verdict && point->error) found = point;
    }
    if (found) state().selected_point = found->request.id;
    return found;
  }
  void run(std::function<void(ImGuiTestContext*)> steps) { engine_.run(std::move(steps), 90.0); }
  /// With a device that answers when the error map asks it.
  void run_answered(std::function<void(ImGuiTestContext*)> steps) {
    engine_.run(std::move(steps), 90.0, [this] { answer_looks(engine_.harness(), true); });
  }

  Engine engine_;
};

TEST_F(Keyboard, TheErrorMapByPalette) {
  const PointPtr point = look_at(Verdict::wrong);
  ASSERT_TRUE(point);
  const std::vector<PointPtr> others = gui::points_beside(snapshot(), state(), *point);
  ASSERT_FALSE(others.empty());
  run_answered([&](ImGuiTestContext* ctx) {
    choose(ctx, "error map look closely");
    IM_CHECK(lab().closely);
    choose(ctx, "error map first bad");
    IM_CHECK(lab().marked == 7 * 4096 + 31);
    const gui::ErrorWindow at_bad = lab().window;
    choose(ctx, "error map zoom out");
    IM_CHECK_GT(lab().window.rows, at_bad.rows);
    const double row = lab().window.row;
    choose(ctx, "error map move down");
    IM_CHECK_GT(lab().window.row, row);
    const double column = lab().window.column;
    choose(ctx, "error map move right");
    IM_CHECK_GT(lab().window.column, column);
    choose(ctx, "error map all of it");
    IM_CHECK(lab().window == gui::ErrorWindow{});
    IM_CHECK(!lab().marked);
    choose(ctx, "error map zoom in");
    IM_CHECK_LT(lab().window.rows, 8192.0);
    IM_CHECK_GT(lab().window.rows, 0.0);
    choose(ctx, "error map tiles ulp");
    IM_CHECK(lab().measure == ErrorMeasure::ulp);
    choose(ctx, ("error map beside " + others.front()->variant_title).c_str());
    IM_CHECK(lab().beside == others.front()->request.variant);
    choose(ctx, "error map no second");
    IM_CHECK(lab().beside.empty());
    choose(ctx, "error map large");
    IM_CHECK(lab().large);
    IM_CHECK(ctx->WindowInfo("//Error lab").Window->WasActive);
    choose(ctx, "error map back");
    IM_CHECK(!lab().large);
  });
}

/// A tensor of three dimensions has planes, and an index along the third.
TEST_F(Keyboard, PlanesAndIndicesByPalette) {
  const PointPtr flat = look_at(Verdict::pass);
  ASSERT_TRUE(flat);
  auto deep = std::make_shared<Point>(*flat);
  deep->request.id = 1'000'000;
  deep->request.problem.shape = {8, 1024, 4096};
  auto points = std::make_shared<std::vector<PointPtr>>(*snapshot().points);
  points->push_back(deep);
  snapshot().points = points;
  ++snapshot().revision;
  state().plan.shapes = {deep->request.problem.shape};
  state().selected_point = deep->request.id;
  run_answered([&](ImGuiTestContext* ctx) {
    ctx->Yield(3);
    const std::vector<gui::Plane> planes = gui::planes_of(lab(), deep->request.problem);
    IM_CHECK_EQ(planes.size(), std::size_t{4});
    choose(ctx, ("error map plane " + planes[3].title).c_str());
    IM_CHECK(lab().slice && gui::is_shown(lab(), planes[3]));
    choose(ctx, "error map next");
    IM_CHECK_EQ(lab().slice->at[0], 1);
    choose(ctx, "error map last");
    IM_CHECK_EQ(lab().slice->at[0], 7);
    choose(ctx, "error map previous");
    IM_CHECK_EQ(lab().slice->at[0], 6);
    choose(ctx, ("error map plane " + planes[0].title).c_str());
    IM_CHECK(!lab().slice);
  });
}

TEST_F(Keyboard, TheErrorMapByKeys) {
  ASSERT_TRUE(look_at(Verdict::wrong));
  lab().large = true;
  run_answered([&](ImGuiTestContext* ctx) {
    IM_CHECK(go_to_window(ctx, "Error lab"));
    ctx->SetRef("//Error lab");
    IM_CHECK(tab_to(ctx, ctx->GetID("first bad")));
    ctx->KeyPress(ImGuiKey_Enter);
    ctx->Yield(4);
    IM_CHECK(lab().marked == 7 * 4096 + 31);
    IM_CHECK(tab_to(ctx, ctx->GetID("all")));
    ctx->KeyPress(ImGuiKey_Space);
    ctx->Yield(2);
    IM_CHECK(lab().window == gui::ErrorWindow{});
    IM_CHECK(tab_to(ctx, ctx->GetID("measure")));
    ctx->KeyPress(ImGuiKey_Enter);
    ctx->Yield(3);
    ctx->KeyPress(ImGuiKey_DownArrow, 2);
    ctx->KeyPress(ImGuiKey_Enter);
    ctx->Yield(3);
    IM_CHECK(lab().measure == ErrorMeasure::ulp);
    IM_CHECK(tab_to(ctx, ctx->GetID("map")));
    ctx->KeyPress(ImGuiKey_Equal, 4);
    ctx->Yield(2);
    const gui::ErrorWindow closer = lab().window;
    IM_CHECK_LT(closer.rows, 8192.0 / 2.0);
    ctx->KeyPress(ImGuiKey_DownArrow);
    ctx->KeyPress(ImGuiKey_LeftArrow);
    ctx->Yield(2);
    IM_CHECK_GT(lab().window.row, closer.row);
    IM_CHECK_LT(lab().window.column, closer.column);
    IM_CHECK_EQ(ctx->UiContext->NavId, ctx->GetID("map"));  // the arrows are the map's
    ctx->KeyPress(ImGuiKey_Home);
    ctx->Yield(2);
    IM_CHECK(lab().window == gui::ErrorWindow{});
    ctx->KeyPress(ImGuiKey_Escape);
    ctx->Yield(2);
    IM_CHECK(!lab().large);
  });
}

TEST_F(Keyboard, ProblemAndKnobsByKeys) {
  run([&](ImGuiTestContext* ctx) {
    IM_CHECK(go_to_window(ctx, "###Problem"));
    IM_CHECK(tab_to(ctx, ctx->GetID("//###Problem/type/keys")));
    const ElementType before = state().plan.types.front();
    ctx->KeyPress(ImGuiKey_RightArrow);
    ctx->Yield(2);
    IM_CHECK(state().plan.types.front() != before);
    IM_CHECK(tab_to(ctx, ctx->GetID("//###Problem/distribution/keys")));
    ctx->KeyPress(ImGuiKey_RightArrow);
    ctx->Yield(2);
    IM_CHECK(state().plan.distributions.front().kind == DistributionKind::offset);
    IM_CHECK(tab_to(ctx, ctx->GetID("//###Problem/offset")));
    const double offset = state().plan.distributions.front().offset;
    ctx->KeyPress(ImGuiKey_RightArrow, 2);
    ctx->Yield(2);
    IM_CHECK_GT(state().plan.distributions.front().offset, offset);
    IM_CHECK(tab_to(ctx, ctx->GetID("//###Problem/presets")));
    ctx->KeyPress(ImGuiKey_Enter);
    ctx->Yield(3);
    const std::vector<std::int64_t> shape = state().plan.shapes.front();
    ctx->KeyPress(ImGuiKey_DownArrow);
    ctx->KeyPress(ImGuiKey_Enter);
    ctx->Yield(3);
    IM_CHECK(state().plan.shapes.front() != shape);
    choose(ctx, "go to panel knobs");
    IM_CHECK(tab_to(ctx, ctx->GetID("//###Knobs/block/keys")));
    const std::int64_t block = state().knobs.at("block");
    ctx->KeyPress(ImGuiKey_UpArrow);
    ctx->Yield(2);
    IM_CHECK_GT(state().knobs.at("block"), block);
    ctx->KeyPress(ImGuiKey_Enter);
    ctx->Yield(3);
    ctx->KeyCharsReplaceEnter("64");
    ctx->Yield(3);
    IM_CHECK_EQ(state().knobs.at("block"), 64);
    ctx->KeyPress(ImGuiKey_UpArrow);
    ctx->Yield(2);
    IM_CHECK_EQ(state().knobs.at("block"), 128);  // the keys are the knob's again
  });
}

TEST_F(Keyboard, VariantsAndResultsByKeys) {
  run([&](ImGuiTestContext* ctx) {
    const std::string id = snapshot().catalog->variants[3].id;
    IM_CHECK(state().ticked.contains(id));
    choose(ctx, "go to panel variants");
    IM_CHECK(tab_to(ctx, row_item(ctx, id, "tick")));
    ctx->KeyPress(ImGuiKey_Space);
    ctx->Yield(2);
    IM_CHECK(!state().ticked.contains(id));
    IM_CHECK(tab_to(ctx, row_item(ctx, id, "select")));
    ctx->KeyPress(ImGuiKey_Enter);
    ctx->Yield(2);
    IM_CHECK(state().selected_variant == id);

    choose(ctx, "results sort by variant");
    state().selected_point.reset();
    choose(ctx, "select the next row");
    IM_CHECK(state().selected_point.has_value());
    const std::int64_t first = *state().selected_point;
    choose(ctx, "select the next row");
    IM_CHECK(state().selected_point != first);
    choose(ctx, "select the previous row");
    IM_CHECK(state().selected_point == first);
    choose(ctx, "filter the rows");
    ctx->KeyChars("welford");
    ctx->Yield(2);
    IM_CHECK_STR_EQ(state().results_filter.c_str(), "welford");
  });
}

TEST_F(Keyboard, PlotAndHeatMapByKeys) {
  run([&](ImGuiTestContext* ctx) {
    choose(ctx, "go to panel throughput");
    IM_CHECK(tab_to(ctx, ctx->GetID("//###Throughput/##throughput/keys")));
    state().selected_point.reset();
    ctx->KeyPress(ImGuiKey_RightArrow);
    ctx->Yield(2);
    IM_CHECK(state().selected_point.has_value());
    const std::int64_t first = *state().selected_point;
    ctx->KeyPress(ImGuiKey_RightArrow);
    ctx->Yield(2);
    IM_CHECK(state().selected_point != first);
    IM_CHECK(tab_to(ctx, ctx->GetID("//###Throughput/lens/keys")));
    ctx->KeyPress(ImGuiKey_RightArrow);
    ctx->Yield(2);
    IM_CHECK(state().lens == gui::Lens::heat);
    choose(ctx, "heat map x block");
    choose(ctx, "heat map y type");
    IM_CHECK_STR_EQ(state().heat_x.c_str(), "block");
    IM_CHECK_STR_EQ(state().heat_y.c_str(), "type");
    choose(ctx, "go to panel throughput");
    IM_CHECK(tab_to(ctx, ctx->GetID("//###Throughput/cells")));
    sink().take();
    // Up to a type that nothing was measured with.
    ctx->KeyPress(ImGuiKey_UpArrow, 2);
    ctx->KeyPress(ImGuiKey_Enter);
    ctx->Yield(2);
    const auto one = sink().latest<worker::MeasurePoints>();
    IM_CHECK(one.has_value());
    const std::size_t cell = one->points.size();
    IM_CHECK_GT(cell, std::size_t{0});
    sink().take();
    ctx->KeyPress(ImGuiMod_Shift | ImGuiKey_RightArrow, 2);
    ctx->KeyPress(ImGuiKey_Enter);
    ctx->Yield(2);
    const auto region = sink().latest<worker::MeasurePoints>();
    IM_CHECK(region.has_value());
    IM_CHECK_EQ(region->points.size(), 3 * cell);
    sink().take();
    // A region that was begun on a map which has become a smaller one is no more.
    ctx->KeyPress(ImGuiMod_Shift | ImGuiKey_RightArrow, 2);
    std::swap(state().heat_x, state().heat_y);
    ctx->Yield(2);
    state().heat_y = "columns";
    ctx->Yield(2);
    ctx->KeyPress(ImGuiKey_Enter);
    ctx->Yield(2);
    if (const auto one_cell = sink().latest<worker::MeasurePoints>()) IM_CHECK_LE(one_cell->points.size(), cell * 8);
    state().heat_x = "block";
    state().heat_y = "type";
    ctx->Yield(2);
    sink().take();
    choose(ctx, "heat map measure every");
    const auto all = sink().latest<worker::MeasurePoints>();
    IM_CHECK(all.has_value());
    IM_CHECK_GT(all->points.size(), region->points.size());
  });
}

/// Space and Esc belong to the control with the ring, then to the window.
TEST_F(Keyboard, AFocusedControlComesBeforeTheWindowsKeys) {
  run([&](ImGuiTestContext* ctx) {
    IM_CHECK(go_to_window(ctx, "###Results"));
    IM_CHECK(tab_to(ctx, ctx->GetID("//###Results/column filters")));
    sink().take();
    ctx->KeyPress(ImGuiKey_Space);
    ctx->Yield(2);
    IM_CHECK(state().column_filters_shown);
    IM_CHECK(!sink().latest<worker::SetPaused>());
    ctx->KeyPress(ImGuiKey_Escape);
    ctx->Yield(2);
    IM_CHECK(!ImGui::GetIO().NavVisible);
    IM_CHECK(!sink().latest<worker::CancelAll>());
    ctx->KeyPress(ImGuiKey_Escape);
    ctx->Yield(2);
    IM_CHECK(sink().latest<worker::CancelAll>().has_value());
    ctx->KeyPress(ImGuiKey_Space);
    ctx->Yield(2);
    IM_CHECK(sink().latest<worker::SetPaused>().has_value());
    // Somebody who only clicks need not know of the focus: a row is clicked, Esc cancels, Space goes on.
    sink().take();
    ctx->MouseMoveToPos(ImGui::FindWindowByName(gui::window_id("Results").c_str())->Rect().GetCenter());
    ctx->MouseClick();
    ctx->KeyPress(ImGuiKey_Escape);
    ctx->Yield(2);
    IM_CHECK(sink().latest<worker::CancelAll>().has_value());
    IM_CHECK(!ImGui::GetIO().NavVisible);
    ctx->KeyPress(ImGuiKey_Space);
    ctx->Yield(2);
    IM_CHECK(sink().latest<worker::SetPaused>().has_value());
    // An open menu, too.
    sink().take();
    ctx->ItemClick("//##top/menu");
    ctx->KeyPress(ImGuiKey_Escape);
    ctx->Yield(2);
    IM_CHECK(!ImGui::IsPopupOpen("", ImGuiPopupFlags_AnyPopup));
    IM_CHECK(!sink().latest<worker::CancelAll>());
  });
}

bool is_control(const ImGuiTestItemInfo& item) {
  if (item.ID == 0 || (item.ItemFlags & ImGuiItemFlags_Disabled) != 0) return false;
  // Grips, scroll bars and frames of plots are ImGui's own; what hovering these two tells lies along them.
  const std::string label = item.DebugLabel;
  return !label.empty() && !label.starts_with("#") && label != "histogram";
}

/// Whatever the mouse can press the keyboard can, or the group that it is a part of.
TEST_F(Keyboard, NoControlIsForTheMouseAlone) {
  run([&](ImGuiTestContext* ctx) {
    ctx->Yield(3);
    for (const char* name : {"//##top", "//###Problem", "//###Knobs", "//###Variants", "//###Throughput", "//###Sweep",
                             "//###Error map", "//###Results", "//###Kernel", "//###Log", "//###Time"}) {
      const ImGuiWindow* window = ImGui::FindWindowByName(name + 2);
      IM_CHECK_SILENT(window != nullptr);
      if (!window->WasActive || window->Hidden) continue;
      ImGuiTestItemList items;
      ctx->GatherItems(&items, name, -1);
      IM_CHECK_GT(items.GetSize(), 0);
      for (const ImGuiTestItemInfo& item : items) {
        if (!is_control(item) || (item.ItemFlags & ImGuiItemFlags_NoNav) == 0) continue;
        const bool covered = std::ranges::any_of(items, [&](const ImGuiTestItemInfo& other) {
          return (other.ItemFlags & ImGuiItemFlags_NoNav) == 0 && other.ID != 0 &&
                 other.RectFull.Contains(item.RectFull.GetCenter());
        });
        if (!covered) ctx->LogError("%s: %s cannot be reached by keys", name, item.DebugLabel);
        IM_CHECK_NO_RET(covered);
      }
    }
  });
}

}  // namespace
}  // namespace knobscope::test
