// The cells of the heat map: who wins each, what ties, what failed, and what a click would measure.

#include <algorithm>

#include <gtest/gtest.h>

#include "gui/views/heat_cells.h"

namespace knobscope::gui {
namespace {

constexpr const char* kA = "layernorm_forward/01_a.cu";
constexpr const char* kB = "layernorm_forward/02_b.cu";

Variant variant_named(const std::string& id, int order) {
  Variant variant;
  variant.id = id;
  variant.name = id;
  variant.order = order;
  variant.types = {ElementType::f32, ElementType::bf16};
  variant.knobs = {{"block", {64, 128}, 128, ""}, {"unroll", {1, 2}, 1, ""}};
  return variant;
}

class HeatTest : public testing::Test {
 protected:
  HeatTest() {
    auto catalog = std::make_shared<Catalog>();
    catalog->variants = {variant_named(kA, 1), variant_named(kB, 2)};
    snapshot_.catalog = catalog;
    DeviceFacts gpu;
    gpu.id = "cuda:0";
    gpu.kind = DeviceKind::cuda;
    snapshot_.devices = {gpu};
    state_.plan.device = "cuda:0";
    state_.plan.shapes = {{8, 1024}};
    state_.ticked = {kA, kB};
    state_.selected_variant = kA;
    state_.knobs = {{"block", 128}, {"unroll", 1}};
    choice_.x = "block";
    choice_.y = "unroll";
    choice_.winner = true;
    choice_.quantity = Quantity::time;
  }

  Point& add(const std::string& variant, std::int64_t block, std::int64_t unroll, double median_ns,
             Verdict verdict = Verdict::pass) {
    auto point = std::make_shared<Point>();
    point->request.id = static_cast<std::int64_t>(points_->size()) + 1;
    point->request.device = "cuda:0";
    point->request.problem.shape = {8, 1024};
    point->request.variant = variant;
    point->request.knobs = {{"block", block}, {"unroll", unroll}};
    point->verdict = verdict;
    if (median_ns > 0.0) {
      Summary summary;
      summary.median = Nanoseconds(median_ns);
      summary.ci_low = Nanoseconds(median_ns * 0.99);
      summary.ci_high = Nanoseconds(median_ns * 1.01);
      point->cold_summary = summary;
    }
    points_->push_back(point);
    snapshot_.points = points_;
    return *point;
  }

  HeatMap map() const { return make_heat_map(snapshot_, state_, choice_); }

  Snapshot snapshot_;
  ViewState state_;
  HeatChoice choice_;
  std::shared_ptr<std::vector<PointPtr>> points_ = std::make_shared<std::vector<PointPtr>>();
};

TEST_F(HeatTest, EveryValueThatCanBeMeasuredHasACell) {
  const HeatMap empty = map();
  EXPECT_EQ(empty.x, (std::vector<double>{64, 128}));
  EXPECT_EQ(empty.y, (std::vector<double>{1, 2}));
  EXPECT_TRUE(empty.at(1, 1).is_empty());
  EXPECT_FALSE(empty.least);
}

TEST_F(HeatTest, TheFastestRightVariantWins) {
  add(kA, 64, 1, 200.0);
  add(kB, 64, 1, 100.0);
  add(kA, 128, 1, 50.0, Verdict::wrong);
  add(kB, 128, 1, 300.0);
  const HeatMap heat = map();
  EXPECT_EQ(heat.at(0, 0).point->request.variant, kB);
  EXPECT_EQ(heat.at(0, 0).slot, 1);
  EXPECT_EQ(heat.at(1, 0).point->request.variant, kB) << "a wrong one never wins";
  EXPECT_EQ(heat.least, 100.0);
  EXPECT_EQ(heat.most, 300.0);
}

TEST_F(HeatTest, ATieNamesItsRivalAndOnlyOfAnotherVariant) {
  add(kA, 64, 1, 100.0);
  add(kB, 64, 1, 100.5);
  EXPECT_EQ(map().at(0, 0).ties.front()->request.variant, kB);
  choice_.winner = false;
  EXPECT_TRUE(map().at(0, 0).ties.empty());
}

TEST_F(HeatTest, ACellWhereNothingIsRightShowsWhy) {
  Point& failed = add(kA, 64, 2, 0.0, Verdict::unfit);
  failed.reason = "needs too many registers";
  const HeatCell cell = map().at(0, 1);
  EXPECT_FALSE(cell.is_empty());
  EXPECT_FALSE(cell.is_right());
  EXPECT_EQ(cell.point->reason, "needs too many registers");
}

TEST_F(HeatTest, OneVariantAloneIsTheSelectedOne) {
  add(kA, 64, 1, 200.0);
  add(kB, 64, 1, 100.0);
  choice_.winner = false;
  EXPECT_EQ(map().at(0, 0).point->request.variant, kA);
}

TEST_F(HeatTest, TypesAndRowLengthsAreAxesToo) {
  add(kA, 128, 1, 200.0).request.problem.type = ElementType::bf16;
  Point& longer = add(kA, 128, 1, 100.0);
  longer.request.problem.shape = {4, 2048};
  add(kA, 128, 1, 1.0).request.problem.shape = {64, 2048};
  choice_.x = "columns";
  choice_.y = "type";
  const HeatMap heat = map();
  const auto column = static_cast<std::size_t>(std::ranges::find(heat.x, 2048.0) - heat.x.begin());
  ASSERT_LT(column, heat.x.size());
  EXPECT_EQ(heat.at(column, 0).value, 100.0) << "other numbers of elements are another map";
  EXPECT_EQ(heat_label("type", heat.y.back()), "bf16");
}

TEST_F(HeatTest, RowsAndRowLengthsTogetherTakeEveryShape) {
  add(kA, 128, 1, 1.0).request.problem.shape = {64, 2048};
  choice_.x = "columns";
  choice_.y = "rows";
  const HeatMap heat = map();
  std::size_t known = 0;
  for (const HeatCell& cell : heat.cells) known += cell.is_empty() ? 0 : 1;
  EXPECT_EQ(known, 1u);
}

TEST_F(HeatTest, ARecordingHasNoCellsThatWereNeverMeasuredAround) {
  add(kA, 64, 1, 200.0);
  state_.recorded = true;
  EXPECT_EQ(map().cells.size(), 1u);
}

TEST_F(HeatTest, ACellIsMeasuredForEveryTickedVariantWithTheOtherKnobsAsSet) {
  choice_.y = "columns";
  const std::vector<PointRequest> requests = cell_requests(snapshot_, state_, choice_, 64, 2048);
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[0].problem.shape, (std::vector<std::int64_t>{4, 2048}));
  EXPECT_EQ(requests[0].knobs.at("block"), 64);
  EXPECT_EQ(requests[0].knobs.at("unroll"), 1);
  choice_.winner = false;
  EXPECT_EQ(cell_requests(snapshot_, state_, choice_, 64, 2048).size(), 1u);
  state_.recorded = true;
  EXPECT_TRUE(cell_requests(snapshot_, state_, choice_, 64, 2048).empty());
}

TEST_F(HeatTest, WhatAVariantDoesNotAllowIsNotAskedFor) {
  EXPECT_TRUE(cell_requests(snapshot_, state_, choice_, 96, 1).empty());
}

}  // namespace
}  // namespace knobscope::gui
