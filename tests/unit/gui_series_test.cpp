// The lines of every plot are made by pure functions: these tests hold them to the points they come from.

#include <gtest/gtest.h>

#include "gui/views/series.h"

namespace knobscope::gui {
namespace {

Variant variant_named(const std::string& id, int order) {
  Variant variant;
  variant.id = id;
  variant.name = id.substr(id.find('/') + 1);
  variant.title = variant.name;
  variant.order = order;
  variant.source_hash = "new";
  variant.types = {ElementType::f32};
  variant.knobs = {{"block", {64, 96, 128}, 128, ""}, {"unroll", {1, 2}, 1, ""}, {"fixed", {1}, 1, ""}};
  return variant;
}

class SeriesTest : public testing::Test {
 protected:
  SeriesTest() {
    auto catalog = std::make_shared<Catalog>();
    catalog->variants = {variant_named("layernorm_forward/01_a.cu", 1), variant_named("layernorm_forward/02_b.cu", 2)};
    snapshot_.catalog = catalog;
    DeviceFacts gpu;
    gpu.id = "cuda:0";
    gpu.kind = DeviceKind::cuda;
    snapshot_.devices = {gpu};
    state_.plan.device = "cuda:0";
    state_.plan.shapes = {{8, 1024}};
    state_.ticked = {"layernorm_forward/01_a.cu", "layernorm_forward/02_b.cu"};
    state_.knobs = {{"block", 128}, {"unroll", 1}};
  }

  Point& add(const std::string& variant, std::int64_t block, double median_ns, std::int64_t unroll = 1) {
    auto point = std::make_shared<Point>();
    point->request.id = static_cast<std::int64_t>(points_->size()) + 1;
    point->request.device = "cuda:0";
    point->request.problem.shape = {8, 1024};
    point->request.variant = variant;
    point->request.knobs = {{"block", block}, {"unroll", unroll}};
    point->variant_title = variant;
    point->source_hash = "new";
    point->verdict = Verdict::pass;
    point->bytes = {1000};
    Summary summary;
    summary.count = 10;
    summary.median = Nanoseconds(median_ns);
    summary.ci_low = Nanoseconds(median_ns * 0.5);
    summary.ci_high = Nanoseconds(median_ns * 2.0);
    point->cold_summary = summary;
    points_->push_back(point);
    snapshot_.points = points_;
    return *point;
  }

  SeriesSet series(std::string_view axis = "block", Quantity quantity = Quantity::bytes_per_second) const {
    return make_series(snapshot_, state_, axis, quantity);
  }

  Snapshot snapshot_;
  ViewState state_;
  std::shared_ptr<std::vector<PointPtr>> points_ = std::make_shared<std::vector<PointPtr>>();
};

constexpr const char* kA = "layernorm_forward/01_a.cu";
constexpr const char* kB = "layernorm_forward/02_b.cu";

TEST_F(SeriesTest, LinesStandInStoryOrderAndPointsInAxisOrder) {
  add(kB, 128, 100.0);
  add(kA, 128, 100.0);
  add(kA, 64, 100.0);
  add(kA, 96, 100.0);
  const SeriesSet set = series();
  ASSERT_EQ(set.lines.size(), 2u);
  EXPECT_EQ(set.lines[0].variant, kA);
  EXPECT_EQ(set.lines[1].slot, 1);
  ASSERT_EQ(set.lines[0].points.size(), 3u);
  EXPECT_EQ(set.lines[0].points[0].x, 64.0);
  EXPECT_EQ(set.lines[0].points[1].x, 96.0);
  ASSERT_EQ(set.ticks.size(), 3u);
  EXPECT_EQ(set.ticks[1].label, "96");
  EXPECT_DOUBLE_EQ(set.ticks[2].position, 7.0);
}

TEST_F(SeriesTest, RateIntervalIsTheTimesIntervalTurnedRound) {
  add(kA, 128, 100.0);
  const SeriesPoint point = series().lines.at(0).points.at(0);
  ASSERT_TRUE(point.y);
  EXPECT_DOUBLE_EQ(*point.y, 1000.0 / 100e-9);
  EXPECT_DOUBLE_EQ(point.low, *point.y / 2.0);
  EXPECT_DOUBLE_EQ(point.high, *point.y * 2.0);
}

TEST_F(SeriesTest, TimeIsBoundedByItsOwnInterval) {
  add(kA, 128, 100.0);
  const SeriesPoint point = series("block", Quantity::time).lines.at(0).points.at(0);
  EXPECT_DOUBLE_EQ(point.y.value(), 100.0);
  EXPECT_DOUBLE_EQ(point.low, 50.0);
  EXPECT_DOUBLE_EQ(point.high, 200.0);
}

TEST_F(SeriesTest, ShareOfCopyNeedsACeiling) {
  add(kA, 128, 100.0);
  EXPECT_FALSE(series("block", Quantity::copy_share).lines.at(0).points.at(0).y);
  add(kA, 128, 100.0).ceiling = Ceiling{"cuda:0", {20e9}, {20e9}, Bytes{1000}, {}};
  const SeriesPoint point = series("block", Quantity::copy_share).lines.at(0).points.at(0);
  EXPECT_DOUBLE_EQ(point.y.value(), 0.5);
  EXPECT_DOUBLE_EQ(point.high, 1.0);
}

TEST_F(SeriesTest, SpeedUpIsOverTheBaselineAndAsUncertainAsBothTimes) {
  add(kA, 128, 100.0);
  add(kB, 128, 50.0);
  EXPECT_FALSE(series("block", Quantity::speed_up).y_max) << "over nothing";
  SeriesOptions options;
  options.baseline = [this](const Point&) { return points_->front(); };
  const SeriesSet set = make_series(snapshot_, state_, "block", Quantity::speed_up, options);
  EXPECT_DOUBLE_EQ(set.lines.at(0).points.at(0).y.value(), 1.0);
  const SeriesPoint& faster = set.lines.at(1).points.at(0);
  EXPECT_DOUBLE_EQ(faster.y.value(), 2.0);
  EXPECT_DOUBLE_EQ(faster.low, 50.0 / 100.0);
  EXPECT_DOUBLE_EQ(faster.high, 200.0 / 25.0);
}

TEST_F(SeriesTest, ALinearAxisStandsAtItsOwnValues) {
  add(kA, 64, 100.0);
  add(kA, 128, 100.0);
  SeriesOptions options;
  options.form = AxisForm::linear;
  const SeriesSet set = make_series(snapshot_, state_, "block", Quantity::time, options);
  EXPECT_DOUBLE_EQ(set.lines.at(0).points.at(0).position, 64.0);
  EXPECT_DOUBLE_EQ(set.ticks.at(1).position, 128.0);
  EXPECT_DOUBLE_EQ(set.position_of(96.0), 96.0);
}

TEST_F(SeriesTest, LaterMeasurementReplacesTheEarlierOne) {
  add(kA, 128, 100.0);
  add(kA, 128, 50.0);
  const SeriesSet set = series();
  ASSERT_EQ(set.lines.at(0).points.size(), 1u);
  EXPECT_EQ(set.lines[0].points[0].point->request.id, 2);
}

TEST_F(SeriesTest, OtherKnobsMustBeAsSetButNotTheOneOnTheAxis) {
  add(kA, 64, 100.0, 1);
  add(kA, 128, 100.0, 2);
  EXPECT_EQ(series("block").lines.at(0).points.size(), 1u);
  state_.knobs["unroll"] = 2;
  EXPECT_EQ(series("block").lines.at(0).points.at(0).x, 128.0);
  EXPECT_EQ(series("unroll").lines.at(0).points.size(), 1u);
}

TEST_F(SeriesTest, FailedPointHasNoNumberButStandsInItsPlace) {
  Point& failed = add(kA, 64, 100.0);
  failed.cold_summary.reset();
  failed.verdict = Verdict::failed;
  const SeriesSet set = series();
  ASSERT_EQ(set.lines.at(0).points.size(), 1u);
  EXPECT_FALSE(set.lines[0].points[0].y);
  EXPECT_FALSE(set.y_min);
  EXPECT_EQ(set.ticks.size(), 1u);
}

TEST_F(SeriesTest, WhatIsNotSetIsLeftOut) {
  add(kA, 64, 1.0).request.problem.shape = {4, 2048};
  add(kA, 64, 1.0).request.problem.type = ElementType::bf16;
  add(kA, 64, 1.0).request.problem.seed = 99;
  add(kA, 64, 1.0).request.device = "cpu";
  add(kA, 64, 1.0).request.problem.distribution.kind = DistributionKind::uniform;
  EXPECT_TRUE(series().empty());
  state_.ticked = {kB};
  add(kA, 64, 1.0);
  EXPECT_TRUE(series().empty());
}

TEST_F(SeriesTest, AChangedSourceHidesItsOldPointsExceptInARecordedSession) {
  add(kA, 64, 1.0).source_hash = "old";
  EXPECT_TRUE(series().empty());
  state_.recorded = true;
  EXPECT_FALSE(series().empty());
}

TEST_F(SeriesTest, RowLengthAxisTakesEveryShape) {
  add(kA, 128, 1.0);
  add(kA, 128, 1.0).request.problem.shape = {4, 32768};
  const SeriesSet set = series("columns");
  ASSERT_EQ(set.lines.at(0).points.size(), 2u);
  EXPECT_EQ(set.ticks[1].label, "32\u2009Ki");
}

TEST_F(SeriesTest, OffsetAxisStartsAtZero) {
  state_.plan.distributions = {{DistributionKind::offset, 0.0}};
  add(kA, 128, 1.0).request.problem.distribution = {DistributionKind::offset, 0.0};
  add(kA, 128, 1.0).request.problem.distribution = {DistributionKind::offset, 1023.0};
  const SeriesSet set = series("offset");
  ASSERT_EQ(set.ticks.size(), 2u);
  EXPECT_DOUBLE_EQ(set.ticks[0].position, 0.0);
  EXPECT_DOUBLE_EQ(set.ticks[1].position, 10.0);
}

TEST_F(SeriesTest, AxesAreTheKnobsThatCanBeTurned) {
  EXPECT_EQ(available_axes(snapshot_, state_), (std::vector<std::string>{"block", "unroll", "columns"}));
  state_.plan.distributions = {{DistributionKind::offset, 10.0}};
  EXPECT_EQ(available_axes(snapshot_, state_).back(), "offset");
}

TEST_F(SeriesTest, VariantsOnlyARecordingKnowsComeAfterTheCatalogs) {
  add("layernorm_forward/99_gone.cu", 64, 1.0);
  const auto slots = series_slots(snapshot_, Operation::layernorm_forward, DeviceKind::cuda);
  EXPECT_EQ(slots.at(kA), 0);
  EXPECT_EQ(slots.at("layernorm_forward/99_gone.cu"), 2);
}

TEST_F(SeriesTest, FocusIsTheSelectedPointElseTheLatestOfTheSelectedVariant) {
  add(kA, 64, 1.0);
  add(kB, 64, 1.0);
  add(kA, 96, 1.0);
  EXPECT_EQ(focused_point(snapshot_, state_)->request.id, 3);
  state_.selected_variant = kB;
  EXPECT_EQ(focused_point(snapshot_, state_)->request.id, 2);
  state_.selected_point = 1;
  EXPECT_EQ(focused_point(snapshot_, state_)->request.id, 1);
}

TEST_F(SeriesTest, FocusLeavesASelectedPointWhoseFileWasSavedForItsSuccessor) {
  add(kA, 64, 1.0).source_hash = "old";
  add(kA, 96, 1.0);
  add(kA, 64, 1.0);
  state_.selected_variant = kA;
  state_.selected_point = 1;
  EXPECT_EQ(focused_point(snapshot_, state_)->request.id, 3);
  points_->pop_back();
  EXPECT_EQ(focused_point(snapshot_, state_)->request.id, 2) << "while it is being measured";
  state_.recorded = true;
  EXPECT_EQ(focused_point(snapshot_, state_)->request.id, 1) << "a recording shows what was selected";
}

TEST_F(SeriesTest, FocusStaysOnTheDeviceThatIsSet) {
  add(kA, 64, 1.0);
  add(kA, 128, 1.0).request.device = "emulated";
  state_.selected_variant = kA;
  EXPECT_EQ(focused_point(snapshot_, state_)->request.id, 1);
  state_.plan.device = "emulated";
  EXPECT_EQ(focused_point(snapshot_, state_)->request.id, 2);
  state_.plan.device = "cpu";
  EXPECT_EQ(focused_point(snapshot_, state_), nullptr);
}

TEST_F(SeriesTest, WhatWasPlayedQuicklyIsNotShownAsThorough) {
  add(kA, 64, 1.0).request.device = "emulated";
  Point& quick = add(kA, 64, 1.0);
  quick.request.device = "emulated";
  quick.request.method.thorough = false;
  state_.plan.device = "emulated";
  ASSERT_EQ(matching_points(snapshot_, state_, "block").size(), 1u);
  EXPECT_EQ(matching_points(snapshot_, state_, "block").front()->request.id, 1);
  state_.plan.method.thorough = false;
  EXPECT_EQ(matching_points(snapshot_, state_, "block").front()->request.id, 2);
}

TEST_F(SeriesTest, SelectingARecordedPointShowsItsProblem) {
  const Point& other = add(kB, 64, 1.0, 2);
  add(kB, 96, 1.0, 2).request.problem.shape = {2, 16};
  state_.recorded = true;
  select_point(state_, *points_->back());
  EXPECT_EQ(state_.plan.shapes.front(), (std::vector<std::int64_t>{2, 16}));
  EXPECT_EQ(state_.knobs.at("unroll"), 2);
  EXPECT_EQ(series().lines.at(0).points.size(), 1u);
  state_.recorded = false;
  select_point(state_, other);
  EXPECT_EQ(state_.selected_point, 1);
  EXPECT_EQ(state_.plan.shapes.front(), (std::vector<std::int64_t>{2, 16}))
      << "what is set is the person's while measuring";
}

TEST_F(SeriesTest, ErrorsComeFromTheMainOutput) {
  Point& point = add(kA, 64, 1.0);
  point.error = ErrorReport{};
  point.error->outputs.resize(2);
  point.error->outputs[0].max_abs = 0.25;
  point.error->outputs[1].max_abs = 9.0;
  EXPECT_EQ(series("block", Quantity::max_abs_error).lines.at(0).points.at(0).y, 0.25);
}

}  // namespace
}  // namespace knobscope::gui
