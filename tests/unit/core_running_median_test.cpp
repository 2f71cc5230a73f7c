// The running median against the summary of the same first samples.

#include <random>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "core/running_median.h"
#include "core/statistics.h"

namespace knobscope {
namespace {

TEST(RunningMedian, OfNoneAndOfOne) {
  EXPECT_TRUE(running_median({}).empty());
  const std::vector<double> one = {42.0};
  EXPECT_EQ(running_median(one), (std::vector<RunningMedian>{{1, 42.0, 42.0, 42.0}}));
}

TEST(RunningMedian, IsAtEachStepTheSummaryOfTheSamplesSoFar) {
  std::mt19937 engine(5);
  std::lognormal_distribution<double> noise(3.0, 0.4);
  std::vector<double> samples(3001);
  for (double& sample : samples) sample = noise(engine);
  const std::vector<RunningMedian> course = running_median(samples);
  ASSERT_FALSE(course.empty());
  std::int64_t before = 0;
  for (const RunningMedian& step : course) {
    EXPECT_GT(step.count, before);
    EXPECT_LE(step.count - before, std::max<std::int64_t>(before / 16, 1)) << "no gap that would be seen";
    before = step.count;
    const auto summary = summarize(std::span(samples).first(static_cast<std::size_t>(step.count)));
    EXPECT_EQ(step.median, summary->median.count()) << step.count;
    EXPECT_EQ(step.low, summary->ci_low.count()) << step.count;
    EXPECT_EQ(step.high, summary->ci_high.count()) << step.count;
  }
  EXPECT_EQ(before, 3001);
  EXPECT_LT(course.size(), 130U) << "a few steps, however many samples";
  EXPECT_LT(course.back().high - course.back().low, course[9].high - course[9].low) << "it settles";
}

}  // namespace
}  // namespace knobscope
