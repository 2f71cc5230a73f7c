// Time against error: the front is what no right point beats in both, whatever its knobs.

#include <gtest/gtest.h>

#include "gui/views/trade_off.h"

namespace knobscope::gui {
namespace {

constexpr const char* kA = "layernorm_forward/01_a.cu";

class TradeOffTest : public testing::Test {
 protected:
  TradeOffTest() {
    Variant variant;
    variant.id = kA;
    variant.types = {ElementType::f32};
    variant.knobs = {{"block", {64, 128, 256, 512}, 128, ""}};
    auto catalog = std::make_shared<Catalog>();
    catalog->variants = {variant};
    snapshot_.catalog = catalog;
    state_.plan.device = "cuda:0";
    state_.ticked = {kA};
    state_.knobs = {{"block", 128}};
  }

  Point& add(std::int64_t block, double median_ns, double error, Verdict verdict = Verdict::pass) {
    auto point = std::make_shared<Point>();
    point->request.id = static_cast<std::int64_t>(points_->size()) + 1;
    point->request.device = "cuda:0";
    point->request.variant = kA;
    point->request.knobs = {{"block", block}};
    point->verdict = verdict;
    Summary summary;
    summary.median = Nanoseconds(median_ns);
    point->cold_summary = summary;
    OutputError y;
    y.output = "y";
    y.max_abs = error;
    point->error = ErrorReport{};
    point->error->outputs = {y};
    points_->push_back(point);
    snapshot_.points = points_;
    return *point;
  }

  std::vector<std::int64_t> front() const {
    std::vector<std::int64_t> ids;
    for (const PointPtr& point : make_trade_off(snapshot_, state_, Quantity::max_abs_error).front) {
      ids.push_back(point->request.id);
    }
    return ids;
  }

  Snapshot snapshot_;
  ViewState state_;
  std::shared_ptr<std::vector<PointPtr>> points_ = std::make_shared<std::vector<PointPtr>>();
};

TEST_F(TradeOffTest, TheFrontRunsFromTheFastestToTheMostExact) {
  add(64, 300.0, 1e-7);
  add(128, 100.0, 1e-5);
  add(256, 200.0, 1e-6);
  add(512, 250.0, 1e-5);
  EXPECT_EQ(front(), (std::vector<std::int64_t>{2, 3, 1}));
}

TEST_F(TradeOffTest, AWrongPointIsShownAndNeverOnTheFront) {
  add(64, 10.0, 1e-9, Verdict::wrong);
  add(128, 100.0, 1e-5);
  EXPECT_EQ(front(), (std::vector<std::int64_t>{2}));
  EXPECT_EQ(make_trade_off(snapshot_, state_, Quantity::max_abs_error).set.lines.at(0).points.size(), 2u);
}

TEST_F(TradeOffTest, OfTwoThatAreAsFastTheMoreExactOneCounts) {
  add(64, 100.0, 1e-5);
  add(128, 100.0, 0.0);
  EXPECT_EQ(front(), (std::vector<std::int64_t>{2}));
}

TEST_F(TradeOffTest, WhatHasNoTimeOrNoOutputIsCounted) {
  add(64, 100.0, 1e-5);
  add(128, 0.0, 1e-5).cold_summary.reset();
  add(256, 100.0, 1e-5).error.reset();
  const TradeOff trade = make_trade_off(snapshot_, state_, Quantity::max_abs_error);
  EXPECT_EQ(trade.without, 2u);
  EXPECT_EQ(trade.set.lines.at(0).points.size(), 1u);
}

TEST_F(TradeOffTest, TicksEncloseAllTimes) {
  add(64, 130e3, 1e-5);
  add(128, 900e3, 1e-5);
  const TradeOff trade = make_trade_off(snapshot_, state_, Quantity::max_abs_error);
  ASSERT_GE(trade.set.ticks.size(), 3u);
  EXPECT_DOUBLE_EQ(trade.set.ticks.front().position, trade.set.position_of(100e3));
  EXPECT_DOUBLE_EQ(trade.set.ticks.back().position, trade.set.position_of(1e6));
}

TEST_F(TradeOffTest, NothingMeasuredIsNoPlot) {
  EXPECT_TRUE(make_trade_off(snapshot_, state_, Quantity::max_abs_error).set.empty());
}

}  // namespace
}  // namespace knobscope::gui
