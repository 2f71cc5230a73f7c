// Sweeps in the window: planned, started, reordered by looking elsewhere, and gone on with after a restart.

#include <algorithm>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <imgui_internal.h>

#include "core/plan.h"
#include "core/visit_order.h"
#include "gui/engine.h"
#include "gui/sample_snapshot.h"
#include "gui/shell/interface.h"
#include "gui/shell/layout.h"
#include "gui/views/lenses.h"
#include "gui/views/sweep_plan.h"
#include "gui/views/sweep_view.h"
#include "session/session.h"

namespace knobscope::test {
namespace {

class Sweeps : public testing::Test {
 protected:
  explicit Sweeps(const HarnessOptions& options = {}) : engine_(options) {}
  gui::ViewState& state() { return engine_.harness().state(); }
  gui::Interface& interface() { return engine_.harness().stage().interface(); }
  ScriptedSink& sink() { return engine_.harness().sink(); }
  Snapshot& snapshot() { return engine_.harness().snapshot(); }

  /// As if nothing ran and nothing was asked for yet.
  void come_to_rest() {
    snapshot().live.reset();
    snapshot().progress = {};
    snapshot().worker = WorkerState::idle;
    ++snapshot().revision;
    engine_.harness().frames(4);
    sink().take();
  }

  Engine engine_;
};

TEST_F(Sweeps, ThePlannerCountsAndStartsWhatIsMissingCoarseToFine) {
  come_to_rest();
  engine_.run([this](ImGuiTestContext* ctx) {
    state().ticked = {snapshot().catalog->variants[6].id, snapshot().catalog->variants[7].id};
    state().sweep_axes = {"block"};
    ctx->Yield(3);
    sink().take();
    ctx->KeyPress(ImGuiKey_S);
    ctx->Yield(4);
    const auto asked = sink().latest<worker::MeasurePoints>();
    IM_CHECK(asked.has_value());
    IM_CHECK_STR_EQ(asked->tag.c_str(), "sweep");
    IM_CHECK_EQ(asked->points.size(), 1U);  // only block = 1024 of variant 7 is not measured yet
    IM_CHECK_EQ(asked->points.front().knobs.at("block"), 1024);
    ctx->ItemClick("//###Sweep/rows_per_block");
    ctx->Yield(3);
    IM_CHECK(state().sweep_axes.contains("rows_per_block"));
    sink().take();
    ctx->ItemClick("//###Sweep/start");
    ctx->Yield(3);
    const auto more = sink().latest<worker::MeasurePoints>();
    IM_CHECK(more.has_value());
    IM_CHECK_EQ(more->points.size(), 2U * 8U * 4U - 15U);
    const std::vector<PointRequest> ordered = coarse_to_fine(more->points);
    IM_CHECK(ordered == more->points);
  });
  engine_.harness().picture("sweep_planner");
}

TEST_F(Sweeps, PauseAndEndAreThereWhilePointsWait) {
  come_to_rest();
  auto queued = std::make_shared<std::vector<PointRequest>>();
  queued->push_back(snapshot().points->front()->request);
  snapshot().waiting = {queued, 0};
  snapshot().progress = {3, 12, 7.5};
  engine_.run([this](ImGuiTestContext* ctx) {
    gui::bring_panel_to_front("Sweep");
    ctx->Yield(3);
    ctx->ItemClick("//###Sweep/pause");
    IM_CHECK(sink().latest<worker::SetPaused>().has_value());
    IM_CHECK(sink().latest<worker::SetPaused>()->paused);
    ctx->ItemClick("//###Sweep/end");
    IM_CHECK(sink().latest<worker::CancelAll>().has_value());
  });
}

TEST_F(Sweeps, ADragOverTheHeatMapMeasuresARegion) {
  come_to_rest();
  engine_.run([this](ImGuiTestContext* ctx) {
    ctx->KeyPress(ImGuiKey_2);
    ctx->Yield(3);
    state().heat_x = "block";
    state().heat_y = "type";
    state().heat_winner = false;
    ctx->Yield(3);
    const ImRect cells = ctx->ItemInfo("//###Throughput/cells").RectFull;
    const float wide = cells.GetWidth() / 8.0F;
    const float high = cells.GetHeight() / 3.0F;
    // Three columns of the two upper rows (f16, bf16), which have no points.
    ctx->MouseMoveToPos({cells.Min.x + wide * 0.5F, cells.Min.y + high * 0.5F});
    ctx->MouseDown();
    ctx->MouseMoveToPos({cells.Min.x + wide * 2.5F, cells.Min.y + high * 1.5F});
    ctx->Yield(2);
    IM_CHECK(!sink().latest<worker::MeasurePoints>().has_value());
    ctx->MouseUp();
    ctx->Yield(2);
    const auto asked = sink().latest<worker::MeasurePoints>();
    IM_CHECK(asked.has_value());
    IM_CHECK(asked->first);
    IM_CHECK_EQ(asked->points.size(), 6U);
    std::set<std::int64_t> blocks;
    for (const PointRequest& point : asked->points) {
      blocks.insert(point.knobs.at("block"));
      IM_CHECK(point.problem.type != ElementType::f32);
    }
    IM_CHECK(blocks == (std::set<std::int64_t>{32, 64, 128}));
  });
}

TEST_F(Sweeps, ACellThatWaitsIsMarkedAndAClickMovesItUp) {
  come_to_rest();
  engine_.run([this](ImGuiTestContext* ctx) {
    ctx->KeyPress(ImGuiKey_2);
    state().heat_x = "block";
    state().heat_y = "type";
    ctx->Yield(3);
    const auto accents = [&] {
      const ImU32 accent = gui::packed(interface().theme().accent);
      const ImGuiWindow* panel = ctx->WindowInfo("//###Throughput").Window;
      return std::ranges::count(panel->DrawList->VtxBuffer, accent, &ImDrawVert::col);
    };
    ctx->MouseMoveToPos({4.0F, 4.0F});
    ctx->Yield(2);
    const auto before = accents();
    auto queued = std::make_shared<std::vector<PointRequest>>();
    PointRequest waits = snapshot().points->front()->request;
    waits.id = 900;
    waits.problem.type = ElementType::bf16;
    waits.knobs["block"] = 1024;
    waits.knobs["rows_per_block"] = 8;
    queued->push_back(waits);
    snapshot().waiting = {queued, 0};
    ctx->Yield(3);
    IM_CHECK_GT(accents(), before);
    const ImRect cells = ctx->ItemInfo("//###Throughput/cells").RectFull;
    // bf16 is the upper row.
    ctx->MouseMoveToPos({cells.Max.x - 6.0F, cells.Min.y + 6.0F});
    ctx->MouseClick();
    ctx->Yield(2);
    const auto asked = sink().latest<worker::MeasurePoints>();
    IM_CHECK(asked.has_value());
    IM_CHECK(asked->first);
    waits.id = 0;
    IM_CHECK_EQ(std::ranges::count(asked->points, waits), 1);
    snapshot().waiting = {queued, 1};
    ctx->MouseMoveToPos({4.0F, 4.0F});
    ctx->Yield(3);
    IM_CHECK_EQ(accents(), before);
  });
}

TEST_F(Sweeps, AClickInThePlotHasWhatWaitsThereMeasuredFirst) {
  come_to_rest();
  auto queued = std::make_shared<std::vector<PointRequest>>();
  for (const std::int64_t block : {32, 64, 1024}) {
    queued->push_back(snapshot().points->front()->request);
    queued->back().id = 900 + block;
    queued->back().knobs["block"] = block;
    queued->back().knobs["rows_per_block"] = 8;
  }
  snapshot().waiting = {queued, 0};
  engine_.run([this](ImGuiTestContext* ctx) {
    ctx->KeyPress(ImGuiKey_1);
    ctx->Yield(3);
    const ImGuiWindow* panel = ctx->WindowInfo("//###Throughput").Window;
    for (const bool left : {true, false}) {
      sink().take();
      ctx->MouseMoveToPos({panel->InnerRect.Min.x + panel->InnerRect.GetWidth() * (left ? 0.12F : 0.85F),
                           panel->InnerRect.GetCenter().y});
      ctx->MouseClick();
      ctx->Yield(2);
      const auto asked = sink().latest<worker::MeasurePoints>();
      IM_CHECK(asked.has_value());
      IM_CHECK(asked->first);
      IM_CHECK_EQ(asked->points.size(), 1U);
      IM_CHECK_EQ(asked->points.front().knobs.at("block"), left ? 32 : 1024);
    }
  });
}

TEST(SweepPlan, IsWhatTheAxesSay) {
  Harness harness;
  harness.frames(4);
  const Snapshot& snapshot = harness.snapshot();
  gui::ViewState& state = harness.state();
  const DeviceFacts& device = snapshot.devices.front();
  const auto count = [&](const std::set<std::string>& axes) {
    const Expansion expansion = expand(gui::sweep_plan(snapshot, state, axes), *snapshot.catalog, device);
    EXPECT_TRUE(expansion.faults.empty()) << expansion.faults.front();
    return expansion.points.size();
  };
  state.ticked = {snapshot.catalog->variants[0].id, snapshot.catalog->variants[1].id};
  EXPECT_EQ(count({}), 2U);
  EXPECT_EQ(count({"block"}), 16U);
  EXPECT_EQ(count({"block", "rows_per_block", "type"}), 2U * 8U * 4U * 3U);
  const auto axes = gui::sweep_axes(snapshot, state);
  for (const gui::SweepAxis& axis : axes) {
    EXPECT_EQ(count({axis.name}), static_cast<std::size_t>(axis.values) * 2U) << axis.name;
  }
  EXPECT_EQ(std::ranges::count(axes, std::string("rows"), &gui::SweepAxis::name), 1);
  EXPECT_EQ(count({"rows", "columns"}), count({"rows"}) * count({"columns"}) / 2U);
}

/// The window is opened anew on a session in which a sweep was not over.
TEST(SweepsResumed, OfferToGoOnWithWhatIsLeft) {
  HarnessOptions options;
  const Snapshot sample = sample_snapshot();
  Plan plan;
  plan.device = "cuda:0";
  plan.method.time_limit_s = 0.2;
  plan.variants = {sample.catalog->variants[0].id};
  plan.knobs = {{"block", {32, 64}}, {"rows_per_block", {1, 2}}};
  Plan alone;
  alone.device = "cuda:0";
  options.begun_plans = {plan, alone};
  Engine engine(options);
  engine.harness().snapshot().live.reset();
  engine.harness().frames(4);
  engine.harness().sink().take();
  engine.run([&](ImGuiTestContext* ctx) {
    ctx->ItemClick("//##unfinished/$$0/action");
    ctx->Yield(2);
    const auto asked = engine.harness().sink().latest<worker::MeasurePoints>();
    IM_CHECK(asked.has_value());
    IM_CHECK_STR_EQ(asked->tag.c_str(), "sweep");
    IM_CHECK_EQ(asked->points.size(), 2U);
    for (const PointRequest& point : asked->points) IM_CHECK_EQ(point.knobs.at("rows_per_block"), 2);
    ctx->Yield(2);
    IM_CHECK(!ImGui::FindWindowByName("##unfinished")->Active);
  });
}

TEST(SweepsResumed, TheSessionKeepsSweepsAndNoPointTwice) {
  const TemporaryFolder folder;
  const Snapshot sample = sample_snapshot();
  Plan sweep;
  sweep.knobs = {{"block", {32, 64}}};
  {
    gui::SessionKeeper keeper;
    keeper.add(sweep);  // no file yet
    keeper.save(sample, Plan{}, folder.path() / "a.session");
    keeper.add(sweep);
  }
  const session::Recorded recorded = session::load(folder.path() / "a.session");
  EXPECT_EQ(std::ranges::count(recorded.plans, sweep), 2);
  ASSERT_EQ(recorded.points.size(), sample.points->size());
  {
    gui::SessionKeeper keeper;
    keeper.open(folder.path() / "a.session");
    keeper.know(recorded.points);
    EXPECT_GT(keeper.first_point_id(), recorded.points.back()->request.id);
    keeper.save(sample, Plan{}, {});
  }
  EXPECT_EQ(session::load(folder.path() / "a.session").points.size(), sample.points->size());
}

TEST(SweepLook, FitsItsPanel) {
  for (const Look& look : kLooks) {
    Engine engine({look.size, look.scale, look.theme});
    engine.run([&](ImGuiTestContext* ctx) {
      gui::bring_panel_to_front("Sweep");
      ctx->Yield(4);
      IM_CHECK_EQ(ctx->WindowInfo("//###Sweep").Window->ScrollMax.x, 0.0F);
    });
    engine.harness().picture(std::string("sweep_") + look.name);
  }
}

}  // namespace
}  // namespace knobscope::test
