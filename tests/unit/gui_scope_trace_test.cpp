// The scope's samples in the order taken, its lanes, and what it says of a sample.

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gui/views/scope_figures.h"
#include "gui/views/scope_trace.h"

namespace knobscope::gui {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Samples shared(std::vector<double> samples) { return std::make_shared<const std::vector<double>>(std::move(samples)); }

/// Cold: 10, a discarded one, 11, two discarded ones after the last. Hot: two samples.
Point throttled_point() {
  Point point;
  point.variant_title = "Welford";
  point.cold = shared({10e3, 11e3});
  point.hot = shared({8e3, 9e3});
  SeriesEnvironment cold{Timing::cold,
                         {1980.0, std::numeric_limits<double>::quiet_NaN()},
                         {{1, 20e3, 900.0, 0}, {2, 21e3, {}, 0x40}, {2, 22e3, 950.0, 0x40}},
                         {{0, 1980.0, 3201.0, 40.0, 300.0, 0}, {5, 1100.0, 3201.0, 92.0, 650.0, 0x40}}};
  SeriesEnvironment hot{Timing::hot, {1970.0, 1970.0}, {}, {{2, {}, {}, 60.0, {}, 0}}};
  point.series_environments = {cold, hot};
  point.environment.expected_sm_clock_mhz = 2000.0;
  return point;
}

TEST(ScopeTrace, NothingTimedIsEmpty) {
  EXPECT_TRUE(trace_of(Point(), DeviceKind::cuda).empty());
  EXPECT_TRUE(trace_of(LivePoint(), "", DeviceKind::cpu).empty());
  EXPECT_TRUE(describe_sample(ScopeTrace(), 0.0).empty());
  EXPECT_FALSE(lane_range(ScopeTrace(), Lane::clock));
}

TEST(ScopeTrace, DiscardedSamplesStandWhereTheyWereTaken) {
  const ScopeTrace trace = trace_of(throttled_point(), DeviceKind::cuda);
  ASSERT_EQ(trace.series.size(), 2U);
  EXPECT_EQ(trace.taken, 7);
  EXPECT_EQ(trace.discarded(), 3);
  const ScopeSeries& cold = trace.series[0];
  EXPECT_THAT(cold.at, ElementsAre(0.0, 2.0));
  std::vector<double> discarded_at;
  for (const DiscardedMark& each : cold.discarded) discarded_at.push_back(each.at);
  EXPECT_THAT(discarded_at, ElementsAre(1.0, 3.0, 4.0));
  EXPECT_THAT(trace.series[1].at, ElementsAre(5.0, 6.0)) << "one series after the other";
  EXPECT_EQ(cold.readings[0].at, -0.5) << "before the first";
  EXPECT_EQ(cold.readings[1].at, 4.5) << "after the fifth that was taken";
  EXPECT_EQ(trace.series[1].readings[0].at, 6.5);
  EXPECT_EQ(trace.least_mhz, 1500.0);
  EXPECT_EQ(cold.course.size(), 2U);
}

TEST(ScopeTrace, TheClockIsThatOfEachSampleDiscardedOnesToo) {
  const ScopeTrace trace = trace_of(throttled_point(), DeviceKind::cuda);
  const std::vector<LanePoint> clock = lane_points(trace.series[0], Lane::clock);
  ASSERT_EQ(clock.size(), 3U) << "one has none";
  EXPECT_EQ(clock[0].value, 1980.0);
  EXPECT_EQ(clock[1].at, 1.0);
  EXPECT_EQ(clock[1].value, 900.0);
  EXPECT_EQ(clock[2].value, 950.0);
  EXPECT_EQ(lane_points(trace.series[0], Lane::power).size(), 2U);
  EXPECT_TRUE(lane_points(trace.series[1], Lane::power).empty());
}

TEST(ScopeTrace, WithoutOwnClocksItIsWhatTheDeviceTold) {
  Point point = throttled_point();
  point.series_environments[0].sm_clocks_mhz.clear();
  point.series_environments[0].discarded.clear();
  const std::vector<LanePoint> clock = lane_points(trace_of(point, DeviceKind::cpu).series[0], Lane::clock);
  ASSERT_EQ(clock.size(), 2U);
  EXPECT_EQ(clock[1].value, 1100.0);
}

TEST(ScopeTrace, NoLaneIsMissingInSilence) {
  EXPECT_EQ(trace_of(throttled_point(), DeviceKind::cuda).without_lanes, "");
  Point point = throttled_point();
  for (SeriesEnvironment& series : point.series_environments) {
    for (EnvironmentReading& reading : series.readings) reading.power_w = reading.temperature_c = std::nullopt;
  }
  EXPECT_EQ(trace_of(point, DeviceKind::cpu).without_lanes, "no power, temperature: a CPU does not tell");
  point.environment.untold = "power: no permission";
  EXPECT_THAT(trace_of(point, DeviceKind::cuda).without_lanes, HasSubstr("power: no permission"));
  point.series_environments.clear();
  EXPECT_EQ(trace_of(point, DeviceKind::cuda).without_lanes, "no clock, power, temperature: recorded without");
  LivePoint live;
  live.cold = shared({1.0});
  EXPECT_EQ(trace_of(live, "", DeviceKind::cpu).without_lanes, "no clock, power, temperature: a CPU does not tell");
}

TEST(ScopeTrace, ColumnsLeaveNoExtremeOut) {
  std::vector<LanePoint> points;
  for (int i = 0; i < 100'000; ++i) points.push_back({static_cast<double>(i), 1980.0});
  points[77'777].value = 700.0;
  const auto columns = lane_columns(points, {-1.0, 100'000.0}, 300);
  ASSERT_EQ(columns.size(), 300U);
  double lowest = 1e9;
  int dips = 0;
  for (const auto& column : columns) {
    ASSERT_TRUE(column);
    EXPECT_EQ(column->high, 1980.0);
    dips += column->low < 1980.0 ? 1 : 0;
    lowest = std::min(lowest, column->low);
  }
  EXPECT_EQ(lowest, 700.0);
  EXPECT_EQ(dips, 1);
  EXPECT_FALSE(lane_columns({{0.0, 1.0}}, {-1.0, 8.0}, 90)[50]) << "nothing where nothing was told";
}

TEST(ScopeTrace, ALaneIsNeverSoNarrowThatNoiseFillsIt) {
  Point point = throttled_point();
  point.series_environments[0].discarded.clear();
  point.series_environments[0].sm_clocks_mhz = {1980.0, 1979.0};
  const auto calm = lane_range(trace_of(point, DeviceKind::cuda), Lane::clock);
  ASSERT_TRUE(calm);
  EXPECT_GE(calm->high - calm->low, 90.0);
  const auto held = lane_range(trace_of(throttled_point(), DeviceKind::cuda), Lane::clock);
  EXPECT_LT(held->low, 900.0);
  EXPECT_GT(held->high, 1980.0);
}

TEST(ScopeTrace, ASampleTellsAllThatIsKnownOfIt) {
  const ScopeTrace trace = trace_of(throttled_point(), DeviceKind::cuda);
  const std::vector<std::string> counted = describe_sample(trace, 0.2);
  ASSERT_EQ(counted.size(), 4U);
  EXPECT_EQ(counted[0], "cold · sample 1 of 5");
  EXPECT_THAT(counted[1], HasSubstr("10"));
  EXPECT_THAT(counted[2], HasSubstr("by its own cycles"));
  EXPECT_THAT(counted[3], HasSubstr("300\u2009W · 40\u2009°C · throttle reasons: none"));
  const std::vector<std::string> slow = describe_sample(trace, 1.0);
  EXPECT_THAT(slow[1], HasSubstr("≋ discarded: its clock was too low"));
  EXPECT_THAT(slow[2], HasSubstr("900\u2009MHz"));
  EXPECT_THAT(describe_sample(trace, 3.4)[1], HasSubstr("hardware thermal slowdown"));
  EXPECT_EQ(describe_sample(trace, 99.0)[0], "hot · sample 2 of 2") << "the nearest one";
  EXPECT_EQ(describe_sample(trace, -9.0)[0], "cold · sample 1 of 5");
}

TEST(ScopeFigures, AP99OfFewSamplesSaysSo) {
  Point point;
  point.cold = shared(std::vector<double>(367, 5e3));
  EXPECT_THAT(figures_of(trace_of(point, DeviceKind::cuda)).p99, HasSubstr("?"));
  point.cold = shared(std::vector<double>(368, 5e3));
  EXPECT_THAT(figures_of(trace_of(point, DeviceKind::cuda)).p99, testing::Not(HasSubstr("?")));
}

TEST(ScopeFigures, WhereNothingCountsThatIsTheHeadline) {
  Point point = throttled_point();
  point.cold = point.hot = nullptr;
  point.series_environments.resize(1);
  point.series_environments[0].sm_clocks_mhz.clear();
  const ScopeFigures figures = figures_of(trace_of(point, DeviceKind::cuda));
  EXPECT_THAT(figures.headline, testing::ElementsAre("≋ none of 3 samples accepted"));
  EXPECT_EQ(figures.samples, 0);
  EXPECT_THAT(figures_of(trace_of(throttled_point(), DeviceKind::cuda)).headline, testing::Contains("≋ 3 discarded"));
}

}  // namespace
}  // namespace knobscope::gui
