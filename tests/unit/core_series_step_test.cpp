// A series put together from its steps, also from such as no worker should send.

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/series_step.h"
#include "core/snapshot.h"

namespace knobscope {
namespace {

using testing::ElementsAre;

TEST(SeriesStep, StepsFollowEachOtherAndMayTakeBack) {
  GrowingSeries series;
  series.take({0, {1.0, 2.0, 3.0}, {1980.0, 1975.0, 1970.0}, 0, {}, {{0, 1980.0, {}, 40.0, 300.0, 0}}});
  EXPECT_THAT(series.samples_ns, ElementsAre(1.0, 2.0, 3.0));
  // A reading says that the last two were throttled.
  series.take(
      {1, {4.0}, {1960.0}, 0, {{1, 2.0, 1975.0, 0x40}, {1, 3.0, 1970.0, 0x40}}, {{3, 1200.0, {}, 95.0, {}, 0x40}}});
  EXPECT_THAT(series.samples_ns, ElementsAre(1.0, 4.0));
  EXPECT_THAT(series.environment.sm_clocks_mhz, ElementsAre(1980.0, 1960.0));
  ASSERT_EQ(series.environment.discarded.size(), 2U);
  EXPECT_EQ(series.environment.discarded[1].time_ns, 3.0);
  ASSERT_EQ(series.environment.readings.size(), 2U);
  EXPECT_EQ(series.environment.readings[1].temperature_c, 95.0);
  series.take({2, {}, {}, 1, {{1, 2.5, {}, 0x80}}, {}});
  ASSERT_EQ(series.environment.discarded.size(), 2U);
  EXPECT_EQ(series.environment.discarded[1].time_ns, 2.5);
}

TEST(SeriesStep, NonsenseDoesNoHarm) {
  GrowingSeries series;
  series.take({-7, {1.0, 2.0}, {}, 99, {{0, 5.0, {}, 0}}, {}});
  EXPECT_THAT(series.samples_ns, ElementsAre(1.0, 2.0));
  ASSERT_EQ(series.environment.sm_clocks_mhz.size(), 2U) << "a clock for each sample";
  EXPECT_TRUE(std::isnan(series.environment.sm_clocks_mhz[0]));
  EXPECT_EQ(series.environment.discarded.size(), 1U);
  series.take({std::numeric_limits<std::int64_t>::max(),
               {},
               {1.0, 2.0, 3.0},
               std::numeric_limits<std::int64_t>::min(),
               {},
               {}});
  EXPECT_EQ(series.samples_ns.size(), 2U);
  EXPECT_EQ(series.environment.sm_clocks_mhz.size(), 2U);
  EXPECT_TRUE(series.environment.discarded.empty());
}

TEST(SeriesStep, ALivePointKnowsTheSeriesOfATechnique) {
  LivePoint live;
  EXPECT_EQ(live.series_environment(Timing::hot), nullptr);
  live.series_environments.resize(2);
  live.series_environments[1].timing = Timing::hot;
  EXPECT_EQ(live.series_environment(Timing::hot), &live.series_environments[1]);
}

}  // namespace
}  // namespace knobscope
