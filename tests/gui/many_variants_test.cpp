// Clicks through a library too large for the window: axes and variants that have no room are still reached.

#include <algorithm>

#include <gtest/gtest.h>
#include <imgui_internal.h>

#include "gui/engine.h"
#include "gui/sample_many.h"
#include "gui/shell/interface.h"
#include "gui/views/series.h"
#include "gui/views/variants_view.h"

namespace knobscope::test {
namespace {

class Many : public testing::Test {
 protected:
  gui::ViewState& state() { return engine_.harness().state(); }
  Snapshot& snapshot() { return engine_.harness().snapshot(); }
  std::string variant(std::size_t index) { return snapshot().catalog->variants[index].id; }

  Engine engine_;
};

TEST_F(Many, FilterTheVariants) {
  snapshot() = sample_many_snapshot();
  engine_.run([this](ImGuiTestContext* ctx) {
    ctx->ItemInput("//###Variants/##filter");
    ctx->KeyCharsReplaceEnter("split");
    ctx->Yield(2);
    IM_CHECK_EQ(gui::shown_variants(snapshot(), state()).size(), 3U);
    IM_CHECK(ctx->ItemInfo(row_item(ctx, variant(0), "select"), ImGuiTestOpFlags_NoError).ID == 0);
    ctx->ItemClick(row_item(ctx, variant(14), "select"));
    ctx->KeyPress(ImGuiKey_J, 2);
    IM_CHECK_STR_EQ(state().selected_variant.c_str(), variant(16).c_str());
    ctx->KeyPress(ImGuiKey_J);
    IM_CHECK_STR_EQ(state().selected_variant.c_str(), variant(16).c_str());
    ctx->ItemInput("//###Variants/##filter");
    ctx->KeyCharsReplaceEnter("");
    ctx->Yield(2);
    // The list scrolls as far as its ends.
    ctx->ItemClick(row_item(ctx, variant(0), "select"));
    IM_CHECK_STR_EQ(state().selected_variant.c_str(), variant(0).c_str());
    ctx->KeyPress(ImGuiKey_J, 17);
    ctx->Yield(3);
    IM_CHECK_STR_EQ(state().selected_variant.c_str(), variant(17).c_str());
    const ImGuiWindow* rows = ctx->WindowInfo("//###Variants/rows").Window;
    IM_CHECK(rows->InnerRect.Contains(ctx->ItemInfo(row_item(ctx, variant(17), "select")).RectFull.GetCenter()));
  });
}

TEST_F(Many, ResultsShowTheRowOfWhatWasSelectedElsewhere) {
  snapshot() = sample_many_snapshot();
  engine_.run([this](ImGuiTestContext* ctx) {
    ctx->Yield(4);
    ImGuiTable* table = ImGui::TableFindByID(ctx->GetID("//###Results/results"));
    IM_CHECK(table != nullptr);
    ImGuiWindow* rows = table->InnerWindow;
    IM_CHECK_GT(rows->ScrollMax.y, 0.0F);
    ImGui::SetScrollY(rows, 0.0F);
    // Sorted by rate: the fastest is first and the slowest last.
    const auto by_time = [](const PointPtr& a, const PointPtr& b) {
      return a->headline() && b->headline() && a->headline()->median < b->headline()->median;
    };
    const auto [fastest, slowest] = std::ranges::minmax_element(*snapshot().points, by_time);
    gui::select_point(state(), **slowest);
    ctx->Yield(3);
    IM_CHECK_GT(rows->Scroll.y, 0.0F);
    // Once: who scrolls on is left alone.
    ImGui::SetScrollY(rows, 0.0F);
    ctx->Yield(3);
    IM_CHECK_EQ(rows->Scroll.y, 0.0F);
    gui::select_point(state(), **fastest);
    ctx->Yield(3);
    gui::select_point(state(), **slowest);
    ctx->Yield(3);
    IM_CHECK_GT(rows->Scroll.y, 0.0F);
  });
}

/// Whether an item is there in the current frame.
bool is_item(ImGuiTestContext* ctx, const std::string& path) {
  return ctx->ItemInfo(path.c_str(), ImGuiTestOpFlags_NoError).ID != 0;
}

TEST_F(Many, AxesThatHaveNoRoomAreBehindMore) {
  snapshot() = sample_many_judged_snapshot();
  engine_.harness().frames(2);
  state().plan = gui::built_in_plan(DeviceKind::emulated);
  state().plan.device = "emulated";
  engine_.harness().frames(8);
  bool list_is_open = false;
  const auto steps = [&](ImGuiTestContext* ctx) {
    ctx->Yield(4);
    const std::string axes = "//###Error/error axis/";
    IM_CHECK(is_item(ctx, axes + "block"));
    IM_CHECK(is_item(ctx, axes + "row length"));
    IM_CHECK(is_item(ctx, axes + "more"));
    IM_CHECK(!is_item(ctx, axes + "stages"));
    ctx->ItemClick((axes + "more").c_str());
    ctx->Yield(2);
    list_is_open = true;
    ctx->Yield(2);
    list_is_open = false;
    ctx->ItemClick("//$FOCUSED/stages");
    ctx->Yield(2);
    IM_CHECK_STR_EQ(state().x_axis.c_str(), "stages");
    IM_CHECK(is_item(ctx, axes + "stages"));
    ctx->ItemClick((axes + "block").c_str());
    IM_CHECK_STR_EQ(state().x_axis.c_str(), "block");
    // The keys reach those that are hidden.
    ctx->KeyPress(ImGuiKey_RightArrow, 2);
    IM_CHECK_STR_EQ(state().x_axis.c_str(), "compensate");
    IM_CHECK(is_item(ctx, axes + "compensate"));
    ctx->KeyPress(ImGuiKey_LeftArrow, 9);
    IM_CHECK_STR_EQ(state().x_axis.c_str(), "block");
    ctx->KeyPress(ImGuiMod_Shift | ImGuiKey_X);
    IM_CHECK_STR_EQ(state().x_axis.c_str(), "columns");
    ctx->KeyPress(ImGuiKey_X, 2);
    IM_CHECK_STR_EQ(state().x_axis.c_str(), "rows_per_block");
  };
  engine_.run(steps, 40.0, [&] {
    if (list_is_open) engine_.harness().picture("axes_behind_more");
  });
}

}  // namespace
}  // namespace knobscope::test
