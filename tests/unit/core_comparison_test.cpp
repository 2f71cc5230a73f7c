// Verdicts over two series: what is decided, what is left undecided, and how rarely two runs of one kernel differ.

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "core/comparison.h"

namespace knobscope {
namespace {

/// Times as a GPU gives them: a floor that the clock's steps of 32 ns cut, a tail to the right, now and then a sample
/// that something interrupted, and in places a run of samples that belong together.
class Kernel {
 public:
  explicit Kernel(std::uint64_t seed) : generator_(seed) {}

  std::vector<double> run(std::size_t count, double floor_ns, double noise = 0.004) {
    std::lognormal_distribution<double> tail(std::log(noise * floor_ns), 0.8);
    std::uniform_real_distribution<double> uniform(0.0, 1.0);
    std::normal_distribution<double> step(0.0, noise * floor_ns);
    std::vector<double> samples;
    double wave = 0.0;  // what one sample leaves to the next: clocks and refreshes of the memory
    while (samples.size() < count) {
      wave = 0.5 * wave + 0.5 * step(generator_);
      double sample = floor_ns + tail(generator_) + std::abs(wave);
      if (uniform(generator_) < 0.01) sample *= 1.0 + 3.0 * uniform(generator_);
      samples.push_back(std::round(sample / 32.0) * 32.0);
    }
    return samples;
  }

 private:
  std::mt19937_64 generator_;
};

std::vector<double> normal_samples(std::size_t count, double mean, double deviation, std::uint64_t seed) {
  std::mt19937_64 generator(seed);
  std::normal_distribution<double> normal(mean, deviation);
  std::vector<double> samples(count);
  for (double& sample : samples) sample = normal(generator);
  return samples;
}

TEST(CoreComparison, TheKernelBesideItselfIsRarelyAnythingButTheSame) {
  struct Kind {
    std::size_t samples;
    double floor_ns;
    double noise;
  };
  // Short and noisy to long and quiet, from the fewest samples that a point has to many.
  constexpr Kind kKinds[] = {
      {11, 68'000, 0.004}, {30, 68'000, 0.01}, {100, 5'000, 0.02}, {400, 2'000, 0.03}, {20, 2'000'000, 0.05}};
  int false_verdicts = 0;
  int undecided = 0;
  constexpr int kTrials = 1000;
  for (int trial = 0; trial < kTrials; ++trial) {
    const Kind& kind = kKinds[static_cast<std::size_t>(trial) % std::size(kKinds)];
    Kernel kernel(static_cast<std::uint64_t>(trial));
    const auto base = kernel.run(kind.samples, kind.floor_ns, kind.noise);
    const auto next = kernel.run(kind.samples, kind.floor_ns, kind.noise);
    const Change change = compare_times(base, next).change;
    false_verdicts += change == Change::faster || change == Change::slower ? 1 : 0;
    undecided += change == Change::undecided ? 1 : 0;
  }
  RecordProperty("false_verdicts", false_verdicts);
  RecordProperty("undecided", undecided);
  EXPECT_LE(false_verdicts, kTrials / 100);
  EXPECT_LE(undecided, kTrials / 2);  // never to decide would be no art
}

TEST(CoreComparison, TheNarrowestThresholdIsNoExcuse) {
  // With hardly any threshold the interval alone must keep false verdicts to what it leaves uncovered.
  int false_verdicts = 0;
  constexpr int kTrials = 1000;
  for (int trial = 0; trial < kTrials; ++trial) {
    const auto seed = static_cast<std::uint64_t>(2 * trial);
    const Change change =
        compare_times(normal_samples(50, 1e5, 2e3, seed), normal_samples(50, 1e5, 2e3, seed + 1), 1e-9).change;
    false_verdicts += change == Change::faster || change == Change::slower ? 1 : 0;
  }
  EXPECT_LE(false_verdicts, kTrials * 8 / 100);
  EXPECT_GE(false_verdicts, 1);
}

TEST(CoreComparison, AChangeBeyondTheThresholdIsFound) {
  int found = 0;
  constexpr int kTrials = 200;
  for (int trial = 0; trial < kTrials; ++trial) {
    Kernel kernel(static_cast<std::uint64_t>(trial));
    const auto base = kernel.run(30, 68'000);
    const auto next = kernel.run(30, 68'000 * 1.05);
    const Comparison slower = compare_times(base, next);
    const Comparison faster = compare_times(next, base);
    found += slower.change == Change::slower && faster.change == Change::faster ? 1 : 0;
    EXPECT_NE(slower.change, Change::faster);
    EXPECT_NE(slower.change, Change::same);
  }
  EXPECT_GE(found, kTrials * 95 / 100);
}

TEST(CoreComparison, ASmallChangeThatIsKnownWellIsTheSame) {
  const Comparison comparison = compare_times(normal_samples(200, 1e5, 200, 1), normal_samples(200, 1.01e5, 200, 2));
  EXPECT_EQ(comparison.change, Change::same);
  EXPECT_TRUE(comparison.advice.empty());
  EXPECT_FALSE(comparison.samples_needed);
  EXPECT_NEAR(comparison.ratio->estimate, 1.01, 0.001);
  // And with a narrower threshold it is none.
  EXPECT_EQ(compare_times(normal_samples(200, 1e5, 200, 1), normal_samples(200, 1.01e5, 200, 2), 0.005).change,
            Change::slower);
}

TEST(CoreComparison, UpAndDownAreJudgedAlike) {
  for (std::uint64_t trial = 0; trial < 300; ++trial) {
    const double factor = 0.94 + 0.0004 * static_cast<double>(trial);
    const auto base = normal_samples(41, 1e5, 1500, 2 * trial);
    const auto next = normal_samples(41, 1e5 * factor, 1500, 2 * trial + 1);
    const Change there = compare_times(base, next).change;
    const Change back = compare_times(next, base).change;
    EXPECT_FALSE(there == Change::faster && back == Change::faster) << trial;
    EXPECT_FALSE(there == Change::slower && back == Change::slower) << trial;
    EXPECT_FALSE(there == Change::same && back == Change::faster) << trial;
  }
}

TEST(CoreComparison, WhatCannotBeToldNamesHowManySamplesWould) {
  const auto base = normal_samples(12, 1e5, 4e3, 1);
  const auto next = normal_samples(12, 1e5, 4e3, 5);
  const Comparison comparison = compare_times(base, next);
  ASSERT_EQ(comparison.change, Change::undecided);
  ASSERT_TRUE(comparison.samples_needed);
  EXPECT_GT(*comparison.samples_needed, 12);
  EXPECT_NE(comparison.advice.find("measure both again with more samples: about " +
                                   std::to_string(*comparison.samples_needed) + " needed"),
            std::string::npos)
      << comparison.advice;
}

TEST(CoreComparison, SoManySamplesUsuallyDecide) {
  int undecided = 0;
  int decided = 0;
  for (std::uint64_t trial = 0; trial < 300; ++trial) {
    const auto base = normal_samples(15, 1e5, 2500, 2 * trial);
    const auto next = normal_samples(15, 1.05e5, 2500, 2 * trial + 1);
    const Comparison first = compare_times(base, next);
    if (first.change != Change::undecided || !first.samples_needed) continue;
    ++undecided;
    const auto more = static_cast<std::size_t>(*first.samples_needed);
    decided += compare_times(normal_samples(more, 1e5, 2500, 7000 + 2 * trial),
                             normal_samples(more, 1.05e5, 2500, 7001 + 2 * trial))
                           .change == Change::slower
                   ? 1
                   : 0;
  }
  ASSERT_GT(undecided, 20);
  EXPECT_GE(decided, undecided * 6 / 10) << undecided;
}

TEST(CoreComparison, AChangeOfJustTheThresholdAsksForAnotherThreshold) {
  std::vector<double> base;
  std::vector<double> next;
  for (int i = 0; i < 101; ++i) {
    base.push_back(1e5 + 100.0 * (i - 50));
    next.push_back(1.02 * base.back());
  }
  const Comparison comparison = compare_times(base, next);
  EXPECT_EQ(comparison.change, Change::undecided);
  EXPECT_FALSE(comparison.samples_needed);
  EXPECT_NE(comparison.advice.find("choose another threshold"), std::string::npos) << comparison.advice;
}

TEST(CoreComparison, TooFewSamplesDecideNothing) {
  const std::vector<double> five(5, 100.0);
  const std::vector<double> many(50, 300.0);
  for (const Comparison& comparison : {compare_times(five, many), compare_times(many, five)}) {
    EXPECT_EQ(comparison.change, Change::undecided);
    EXPECT_TRUE(comparison.ratio);
    EXPECT_NE(comparison.advice.find("too few samples"), std::string::npos) << comparison.advice;
  }
  EXPECT_EQ(compare_times(std::vector<double>(6, 100.0), many).change, Change::slower);
}

TEST(CoreComparison, NoTimesDecideNothing) {
  const std::vector<double> good(20, 100.0);
  const std::vector<double> zeros(20, 0.0);
  const std::vector<double> strange(20, std::numeric_limits<double>::quiet_NaN());
  for (const auto& other : {std::vector<double>{}, zeros, strange}) {
    const Comparison comparison = compare_times(good, other);
    EXPECT_EQ(comparison.change, Change::undecided);
    EXPECT_FALSE(comparison.ratio);
    EXPECT_FALSE(comparison.advice.empty());
  }
}

TEST(CoreComparison, ConstantSeriesAreDecidedAtOnce) {
  const std::vector<double> base(10, 100.0);
  EXPECT_EQ(compare_times(base, base).change, Change::same);
  EXPECT_EQ(compare_times(base, std::vector<double>(10, 103.0)).change, Change::slower);
  EXPECT_EQ(compare_times(base, std::vector<double>(10, 97.0)).change, Change::faster);
}

}  // namespace
}  // namespace knobscope
