// Statistics against values worked out by hand or from the binomial distribution itself.

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "core/statistics.h"

namespace knobscope {
namespace {

TEST(CoreStatistics, NoSamplesHaveNoSummary) {
  EXPECT_FALSE(summarize({}));
  EXPECT_FALSE(quantile({}, 0.5));
}

TEST(CoreStatistics, OneSampleSaysNothingOfItsSpread) {
  const std::vector<double> samples = {42.0};
  const Summary summary = *summarize(samples);
  EXPECT_EQ(summary.count, 1);
  EXPECT_EQ(summary.median.count(), 42.0);
  EXPECT_EQ(summary.ci_low.count(), 42.0);
  EXPECT_EQ(summary.ci_high.count(), 42.0);
  EXPECT_EQ(summary.p5.count(), 42.0);
  EXPECT_EQ(summary.p95.count(), 42.0);
  EXPECT_EQ(summary.cv, 0.0);
  EXPECT_TRUE(std::isinf(summary.relative_standard_error()));
}

TEST(CoreStatistics, TwoSamples) {
  const std::vector<double> samples = {30.0, 10.0};
  const Summary summary = *summarize(samples);
  EXPECT_EQ(summary.median.count(), 20.0);
  EXPECT_EQ(summary.ci_low.count(), 10.0);
  EXPECT_EQ(summary.ci_high.count(), 30.0);
  EXPECT_EQ(summary.minimum.count(), 10.0);
  EXPECT_EQ(summary.mean.count(), 20.0);
  EXPECT_NEAR(summary.cv, std::sqrt(200.0) / 20.0, 1e-15);  // sample deviation, n - 1
  EXPECT_NEAR(summary.relative_standard_error(), 20.0 / (2.0 * 1.96 * 20.0), 1e-15);
}

TEST(CoreStatistics, FiveSamplesSpanTheirRange) {
  const std::vector<double> samples = {5, 1, 4, 2, 3};
  const Summary summary = *summarize(samples);
  EXPECT_EQ(summary.median.count(), 3.0);
  EXPECT_EQ(summary.ci_low.count(), 1.0);
  EXPECT_EQ(summary.ci_high.count(), 5.0);
  EXPECT_DOUBLE_EQ(summary.p5.count(), 1.2);
  EXPECT_DOUBLE_EQ(summary.p95.count(), 4.8);
}

TEST(CoreStatistics, SixSamplesAreTheFirstWithAnInterval) {
  // P(all six on one side) = 2 / 64 = 3.1 %: the range is a 96.9 % interval.
  const std::vector<double> samples = {6, 5, 4, 3, 2, 1};
  const Summary summary = *summarize(samples);
  EXPECT_EQ(summary.median.count(), 3.5);
  EXPECT_EQ(summary.ci_low.count(), 1.0);
  EXPECT_EQ(summary.ci_high.count(), 6.0);
}

/// P(Binomial(n, 1/2) <= k), summed term by term in long double.
long double binomial_cdf(int n, int k) {
  long double sum = 0.0L;
  for (int i = 0; i <= k; ++i) {
    sum += std::exp(std::lgamma(static_cast<long double>(n) + 1.0L) - std::lgamma(static_cast<long double>(i) + 1.0L) -
                    std::lgamma(static_cast<long double>(n - i) + 1.0L) - static_cast<long double>(n) * std::log(2.0L));
  }
  return sum;
}

TEST(CoreStatistics, IntervalIsTheNarrowestThatReaches95Percent) {
  for (int n = 6; n <= 400; ++n) {
    std::vector<double> samples;
    for (int i = 1; i <= n; ++i) samples.push_back(i);
    std::ranges::shuffle(samples, std::mt19937(static_cast<unsigned>(n)));
    const Summary summary = *summarize(samples);
    const int k = static_cast<int>(summary.ci_low.count());
    EXPECT_EQ(summary.ci_high.count(), n + 1 - k) << n;
    ASSERT_GE(k, 1) << n;
    EXPECT_LE(static_cast<double>(binomial_cdf(n, k - 1)), 0.025) << n;
    EXPECT_GT(static_cast<double>(binomial_cdf(n, k)), 0.025) << n;
  }
}

TEST(CoreStatistics, ThousandSamples) {
  std::vector<double> samples;
  for (int i = 1000; i >= 1; --i) samples.push_back(i);
  const Summary summary = *summarize(samples);
  EXPECT_EQ(summary.count, 1000);
  EXPECT_EQ(summary.median.count(), 500.5);
  // The published ranks for n = 1000: the 469th smallest and the 469th largest.
  EXPECT_EQ(summary.ci_low.count(), 469.0);
  EXPECT_EQ(summary.ci_high.count(), 532.0);
  EXPECT_NEAR(summary.p5.count(), 50.95, 1e-9);
  EXPECT_NEAR(summary.p95.count(), 950.05, 1e-9);
  EXPECT_EQ(summary.minimum.count(), 1.0);
  EXPECT_EQ(summary.mean.count(), 500.5);
}

TEST(CoreStatistics, AMillionSamplesDoNotOverflow) {
  std::vector<double> samples(1'000'000);
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = static_cast<double>(i);
  const Summary summary = *summarize(samples);
  // Normal approximation of the ranks: n/2 ± 0.98 sqrt(n).
  EXPECT_NEAR(summary.ci_low.count(), 500'000 - 980, 2.0);
  EXPECT_NEAR(summary.ci_high.count(), 500'000 + 980, 2.0);
}

TEST(CoreStatistics, IntervalCoversTheTrueMedianAsOftenAsItClaims) {
  std::mt19937_64 generator(7);
  std::lognormal_distribution<double> skewed(0.0, 1.0);  // median 1
  int covered = 0;
  constexpr int trials = 2000;
  for (int trial = 0; trial < trials; ++trial) {
    std::vector<double> samples(25);
    for (double& sample : samples) sample = skewed(generator);
    const Summary summary = *summarize(samples);
    covered += summary.ci_low.count() <= 1.0 && 1.0 <= summary.ci_high.count() ? 1 : 0;
  }
  EXPECT_GE(covered, trials * 94 / 100);
  EXPECT_LE(covered, trials * 98 / 100);  // an interval that is always right is useless
}

TEST(CoreStatistics, EqualSamplesHaveNoSpread) {
  const std::vector<double> samples(20, 5.0);
  const Summary summary = *summarize(samples);
  EXPECT_EQ(summary.cv, 0.0);
  EXPECT_EQ(summary.relative_standard_error(), 0.0);
}

TEST(CoreStatistics, ASmallSpreadOnALargeMeanIsNotLost) {
  const std::vector<double> samples = {1e9, 1e9 + 1.0, 1e9 + 2.0};
  EXPECT_NEAR(summarize(samples)->cv, 1e-9, 1e-17);
}

TEST(CoreStatistics, QuantilesOfTypeSeven) {
  const std::vector<double> samples = {4, 1, 3, 2};
  EXPECT_EQ(*quantile(samples, 0.0), 1.0);
  EXPECT_EQ(*quantile(samples, 0.25), 1.75);
  EXPECT_EQ(*quantile(samples, 0.5), 2.5);
  EXPECT_EQ(*quantile(samples, 1.0), 4.0);
  EXPECT_EQ(*quantile(samples, 2.0), 4.0);
  EXPECT_EQ(*quantile(samples, -1.0), 1.0);
  EXPECT_EQ(samples, (std::vector<double>{4, 1, 3, 2}));
}

TEST(CoreStatistics, AQuantileNeedsSamplesOnBothSides) {
  EXPECT_EQ(samples_for_quantile(0.5), 6U);  // as the test of six samples says
  EXPECT_EQ(samples_for_quantile(0.95), 72U);
  EXPECT_EQ(samples_for_quantile(0.05), 72U);
  EXPECT_EQ(samples_for_quantile(0.99), 368U);
  EXPECT_LE(std::pow(0.99, 368), 0.025);
  EXPECT_GT(std::pow(0.99, 367), 0.025);
}

TEST(CoreStatistics, QuartilesAndThe99thPercentile) {
  EXPECT_FALSE(spread_of({}));
  std::vector<double> samples;
  for (int i = 100; i >= 0; --i) samples.push_back(i);
  const Spread spread = *spread_of(samples);
  EXPECT_EQ(spread.q1.count(), 25.0);
  EXPECT_EQ(spread.q3.count(), 75.0);
  EXPECT_EQ(spread.iqr().count(), 50.0);
  EXPECT_EQ(spread.p99.count(), 99.0);
  EXPECT_FALSE(spread.p99_is_known);
  EXPECT_EQ(spread.median_ns, *bootstrap_median(samples));
  samples.resize(367, 50.0);
  EXPECT_FALSE(spread_of(samples)->p99_is_known);
  samples.resize(368, 50.0);
  EXPECT_TRUE(spread_of(samples)->p99_is_known);
}

TEST(CoreStatistics, OneSampleIsEveryQuantile) {
  const Spread spread = *spread_of(std::vector<double>{42.0});
  EXPECT_EQ(spread.q1.count(), 42.0);
  EXPECT_EQ(spread.q3.count(), 42.0);
  EXPECT_EQ(spread.p99.count(), 42.0);
  EXPECT_FALSE(spread.p99_is_known);
  EXPECT_EQ(spread.median_ns, (Interval{42.0, 42.0}));
}

TEST(CoreStatistics, ANotANumberDoesNotBreakTheSort) {
  std::vector<double> samples(100, std::numeric_limits<double>::quiet_NaN());
  for (std::size_t i = 0; i < samples.size(); i += 2) samples[i] = static_cast<double>(i);
  ASSERT_TRUE(summarize(samples));
  EXPECT_EQ(summarize(samples)->minimum.count(), 0.0);
}

}  // namespace
}  // namespace knobscope
