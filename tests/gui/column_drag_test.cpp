// Filters of the results' columns that are dragged: the track below a field and the text in it say the same.

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <imgui_internal.h>

#include "gui/engine.h"
#include "gui/sample_snapshot.h"
#include "gui/shell/interface.h"
#include "gui/views/point_index.h"
#include "gui/views/result_list.h"
#include "gui/widgets/figure_range.h"

namespace knobscope::test {
namespace {

class ColumnDrag : public testing::Test {
 protected:
  gui::ViewState& state() { return engine_.harness().state(); }
  std::string& text(const char* column) { return state().column_filters[column]; }
  gui::ViewContext context() {
    Harness& harness = engine_.harness();
    index_.follow(harness.snapshot());
    return {harness.snapshot(),         harness.state(), harness.sink(), harness.stage().interface().theme(),
            harness.stage().renderer(), index_};
  }
  int rows() { return static_cast<int>(gui::shown_rows(context(), gui::ResultColumn::rate, false).size()); }
  void show_filters(ImGuiTestContext* ctx) {
    ctx->KeyPress(ImGuiKey_F);
    ctx->Yield(4);
  }
  static ImRect track(ImGuiTestContext* ctx, const char* column) {
    return ctx->ItemInfo((std::string("**/") + column + "/##column range").c_str()).RectFull;
  }
  /// A place on a track, from 0 to 1; the handles' halves stand over its ends.
  static ImVec2 on(const ImRect& track, float position) {
    const float inset = 5.0F;
    return {track.Min.x + inset + (track.GetWidth() - 2.0F * inset) * position, track.GetCenter().y};
  }
  static void drag(ImGuiTestContext* ctx, ImVec2 from, ImVec2 to) {
    ctx->MouseMoveToPos(from);
    ctx->MouseDown();
    ctx->Yield();
    ctx->MouseMoveToPos(to);
    ctx->Yield(2);
    ctx->MouseUp();
    ctx->Yield(3);
  }
  static void double_click(ImGuiTestContext* ctx, ImVec2 at) {
    // Frames are slow on a busy machine, and the clock is a real one.
    ImGuiIO& io = ImGui::GetIO();
    const std::pair usual{io.MouseDoubleClickTime, io.MouseSingleClickDelay};
    io.MouseDoubleClickTime = 30.0F;
    io.MouseSingleClickDelay = 31.0F;
    ctx->MouseMoveToPos(at);
    ctx->MouseDoubleClick();
    io.MouseDoubleClickTime = usual.first;
    io.MouseSingleClickDelay = usual.second;
    ctx->Yield(3);
  }

  Engine engine_;
  gui::PointIndex index_;
};

TEST_F(ColumnDrag, AHandleWritesWhatOneWouldTypeAndRowsLeave) {
  engine_.run([this](ImGuiTestContext* ctx) {
    const int all = rows();
    show_filters(ctx);
    const ImRect median = track(ctx, "median");
    drag(ctx, on(median, 1.0F), on(median, 0.5F));
    const auto upper = gui::read_range(text("median"), "µs");
    IM_CHECK(upper.has_value());
    IM_CHECK(text("median").starts_with("< "));
    IM_CHECK(!upper->has_low());
    const int fast = rows();
    IM_CHECK_GT(fast, 0);
    IM_CHECK_LT(fast, all);
    for (const PointPtr& point : gui::shown_rows(context(), gui::ResultColumn::median, true)) {
      IM_CHECK_LT(point->headline()->median.count(), upper->high);
    }
    // The other handle, and the upper end stays as it is.
    drag(ctx, on(median, 0.0F), on(median, 0.25F));
    const auto both = gui::read_range(text("median"), "µs");
    IM_CHECK(both.has_value() && both->has_low());
    IM_CHECK_EQ(both->high, upper->high);
    IM_CHECK(text("median").find("..") != std::string::npos);
    IM_CHECK_LT(rows(), fast);
    // Back to its end, it is open again.
    drag(ctx, on(median, 0.25F), on(median, -0.2F));
    IM_CHECK(text("median").starts_with("< "));
    double_click(ctx, on(median, 0.75F));
    IM_CHECK_STR_EQ(text("median").c_str(), "");
    IM_CHECK_EQ(rows(), all);
  });
}

TEST_F(ColumnDrag, ASpanIsDraggedFromAnywhereAndAPressAloneChangesNothing) {
  engine_.run([this](ImGuiTestContext* ctx) {
    show_filters(ctx);
    const ImRect rate = track(ctx, "bandwidth");
    ctx->MouseMoveToPos(on(rate, 0.4F));
    ctx->MouseClick();
    ctx->Yield(3);
    IM_CHECK_STR_EQ(text("bandwidth").c_str(), "");
    drag(ctx, on(rate, 0.7F), on(rate, 0.3F));
    const auto range = gui::read_range(text("bandwidth"), "GB/s");
    IM_CHECK(range.has_value() && range->has_low() && range->has_high());
    std::vector<double> rates;
    for (const PointPtr& point : *engine_.harness().snapshot().points) {
      if (point->bandwidth()) rates.push_back(point->bandwidth()->value);
    }
    const gui::FigureScale scale(rates);
    IM_CHECK(scale.by_powers());
    IM_CHECK_LT(std::abs(scale.position_of(range->low) - 0.3), 0.03);
    IM_CHECK_LT(std::abs(scale.position_of(range->high) - 0.7), 0.03);
    const auto inside = std::ranges::count_if(rates, [&](double each) { return range->contains(each); });
    IM_CHECK_EQ(rows(), static_cast<int>(inside));
    double_click(ctx, on(rate, 0.5F));
    // So few rows are left that the scroll bar goes and the columns move: what is dragged does not.
    const ImRect full = track(ctx, "bandwidth");
    drag(ctx, on(full, 0.0F), on(full, 0.97F));
    IM_CHECK(track(ctx, "bandwidth").Min.x != full.Min.x);
    IM_CHECK_LT(std::abs(scale.position_of(gui::read_range(text("bandwidth"), "GB/s")->low) - 0.97), 0.03);
  });
}

TEST_F(ColumnDrag, WhatIsTypedMovesTheHandles) {
  engine_.run([this](ImGuiTestContext* ctx) {
    show_filters(ctx);
    std::vector<double> medians;
    for (const PointPtr& point : *engine_.harness().snapshot().points) {
      if (point->headline()) medians.push_back(point->headline()->median.count());
    }
    const gui::FigureScale scale(medians);
    ctx->ItemInput("**/median/##column filter");
    ctx->KeyCharsReplaceEnter("0.5..2 ms");
    ctx->Yield(3);
    const ImRect median = track(ctx, "median");
    // The handle is where 2 ms are: taken there, it moves, and the other end stays.
    const auto two = static_cast<float>(scale.position_of(2e6));
    drag(ctx, on(median, two), on(median, two + 0.2F));
    const auto range = gui::read_range(text("median"), "µs");
    IM_CHECK(range.has_value());
    IM_CHECK_EQ(range->low, 5e5);
    IM_CHECK_GT(range->high, 2e6);
    // Words are no range: the handles are at the ends.
    ctx->ItemInput("**/median/##column filter");
    ctx->KeyCharsReplaceEnter("ms");
    ctx->Yield(3);
    const ImRect now = track(ctx, "median");  // more rows: the scroll bar is back and takes its room
    drag(ctx, on(now, 1.0F), on(now, 0.8F));
    IM_CHECK(text("median").starts_with("< "));
  });
}

TEST_F(ColumnDrag, ArrowKeysMoveTheEnds) {
  engine_.run([this](ImGuiTestContext* ctx) {
    show_filters(ctx);
    const int all = rows();
    // Tab goes from the field to its track.
    ctx->ItemInput("**/bandwidth/##column filter");
    ctx->KeyPress(ImGuiKey_Tab);
    ctx->Yield(2);
    IM_CHECK_EQ(ImGui::GetFocusID(), ctx->ItemInfo("**/bandwidth/##column range").ID);
    ctx->KeyPress(ImGuiKey_LeftArrow, 6);
    ctx->Yield(2);
    const auto upper = gui::read_range(text("bandwidth"), "GB/s");
    IM_CHECK(upper.has_value() && upper->has_high() && !upper->has_low());
    IM_CHECK_LT(rows(), all);
    ctx->KeyPress(ImGuiKey_LeftArrow, 2);
    ctx->Yield(2);
    IM_CHECK_LT(gui::read_range(text("bandwidth"), "GB/s")->high, upper->high);
    ctx->KeyPress(ImGuiMod_Shift | ImGuiKey_RightArrow, 4);
    ctx->Yield(2);
    IM_CHECK(text("bandwidth").find("..") != std::string::npos);
    ctx->KeyPress(ImGuiKey_Delete);
    ctx->Yield(2);
    IM_CHECK_STR_EQ(text("bandwidth").c_str(), "");
    IM_CHECK_EQ(rows(), all);
    // Not below the lower end, and not beyond the track.
    ctx->KeyPress(ImGuiKey_RightArrow, 3);
    ctx->Yield(2);
    IM_CHECK_STR_EQ(text("bandwidth").c_str(), "");
  });
}

TEST_F(ColumnDrag, WhatIsKeptFollowsPointsFiltersAndBaseline) {
  engine_.harness().frames(3);
  gui::ResultList list;
  const auto follow = [&] { list.follow(context(), gui::ResultColumn::rate, false); };
  const auto sum = [](const gui::FigureCounts& counts) {
    int all = 0;
    for (const int count : counts) all += count;
    return all;
  };
  follow();
  const auto all = static_cast<int>(list.size());
  const gui::FigureSpread& rates = list.spread(context(), gui::ResultColumn::rate);
  const int timed = sum(rates.all);
  EXPECT_GT(timed, 0);
  EXPECT_LT(timed, all) << "what failed has no figures";
  EXPECT_EQ(sum(rates.shown), timed);

  text("median") = "< 1 ms";
  follow();
  EXPECT_EQ(sum(list.spread(context(), gui::ResultColumn::rate).all), timed) << "the track stays as it is";
  EXPECT_EQ(sum(list.spread(context(), gui::ResultColumn::rate).shown), static_cast<int>(list.size()));

  // One more point, slower than all others, is taken up and not let through.
  auto more = std::make_shared<std::vector<PointPtr>>(*engine_.harness().snapshot().points);
  more->push_back(sample_point(5000, engine_.harness().snapshot().catalog->variants[0], 96, 1e9, Verdict::pass));
  engine_.harness().snapshot().points = more;
  const std::size_t before = list.size();
  const double slowest = list.spread(context(), gui::ResultColumn::median).scale.highest();
  follow();
  EXPECT_EQ(list.size(), before);
  EXPECT_EQ(sum(list.spread(context(), gui::ResultColumn::rate).all), timed + 1);
  EXPECT_GT(list.spread(context(), gui::ResultColumn::median).scale.highest(), slowest * 10.0);
  text("median").clear();
  follow();
  EXPECT_EQ(list.size(), static_cast<std::size_t>(all) + 1);

  // A filter on speed-ups follows what they are over.
  text("vs baseline") = "> 1.5";
  state().baseline_point = more->back()->request.id;
  follow();
  EXPECT_EQ(list.size(), static_cast<std::size_t>(timed)) << "all are faster than a second";
  const double over_slow = list.spread(context(), gui::ResultColumn::baseline).scale.highest();
  const PointPtr fastest = list.at(0);
  state().baseline_point = fastest->request.id;
  follow();
  EXPECT_EQ(list.size(), 0u) << "none is faster than the fastest";
  EXPECT_LT(list.spread(context(), gui::ResultColumn::baseline).scale.highest(), over_slow);
}

}  // namespace
}  // namespace knobscope::test
