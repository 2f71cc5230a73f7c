// Each stopping criterion on series whose answer is known: none, one, constant, noisy, drifting, with two heights.

#include <cmath>
#include <functional>
#include <optional>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "measure/stopping.h"

namespace knobscope::measure {
namespace {

using Series = std::function<double(std::size_t index)>;

Method method_of(StoppingCriterion criterion) {
  Method method;
  set_defaults_of(criterion, method);
  method.min_time_s = 0.0;
  method.min_samples = 1;
  method.max_samples = 20'000;
  method.cold_stopping = criterion;
  return method;
}

struct Ended {
  std::size_t samples = 0;
  Stop why = Stop::not_yet;
};

/// Takes samples one after another, as the cold method does, at a microsecond of wall time each.
Ended run(const Method& method, const Series& series) {
  StoppingRule rule(method, method.cold_stopping);
  std::vector<double> samples;
  Ended ended;
  while ((ended.why = rule.decide(samples, 1e-6 * static_cast<double>(samples.size()))) == Stop::not_yet) {
    samples.push_back(series(samples.size()));
  }
  ended.samples = samples.size();
  return ended;
}

Series constant() {
  return [](std::size_t) { return 1000.0; };
}

Series noise(double deviation) {
  return [deviation, generator = std::mt19937_64(5)](std::size_t) mutable {
    return std::normal_distribution<double>(1000.0, deviation)(generator);
  };
}

/// Every sample slower than the one before: clocks that sink without end.
Series drift() {
  return [](std::size_t index) { return 1000.0 + 50.0 * static_cast<double>(index); };
}

Series two_heights() {
  return [](std::size_t index) { return index % 2 == 0 ? 1000.0 : 1100.0; };
}

class EveryCriterion : public ::testing::TestWithParam<StoppingCriterion> {};

INSTANTIATE_TEST_SUITE_P(All, EveryCriterion, ::testing::ValuesIn(kStoppingCriteria), [](const auto& given) {
  std::string name(name_of(given.param));
  std::erase(name, '-');
  return name;
});

TEST_P(EveryCriterion, NoSampleIsNeverEnough) {
  StoppingRule rule(method_of(GetParam()), GetParam());
  EXPECT_EQ(rule.decide({}, 0.0), Stop::not_yet);
  EXPECT_EQ(rule.decide({}, 1e6), Stop::not_yet);  // one is always worth its time
}

TEST_P(EveryCriterion, OneSampleSaysNothing) {
  StoppingRule rule(method_of(GetParam()), GetParam());
  EXPECT_EQ(rule.decide(std::vector<double>{1000.0}, 0.0), Stop::not_yet);
}

TEST_P(EveryCriterion, ConstantTimesEndSoon) {
  const Ended ended = run(method_of(GetParam()), constant());
  EXPECT_NE(ended.why, Stop::out_of_time);
  EXPECT_LE(ended.samples, 100U);
}

TEST_P(EveryCriterion, EndsInTheEndWhateverComes) {
  for (const Series& series : {noise(1.0), noise(500.0), drift(), two_heights(),
                               Series([](std::size_t index) { return index % 3 == 0 ? std::nan("") : 1000.0; }),
                               Series([](std::size_t) { return 0.0; })}) {
    const Ended ended = run(method_of(GetParam()), series);
    EXPECT_LE(ended.samples, 20'000U);
    EXPECT_GE(ended.samples, 2U);
  }
}

TEST_P(EveryCriterion, TheFewestSamplesComeFirst) {
  Method method = method_of(GetParam());
  method.min_samples = 150;
  method.target_samples = 150;
  EXPECT_GE(run(method, constant()).samples, 150U);
}

TEST_P(EveryCriterion, TheLeastTimeComesFirst) {
  Method method = method_of(GetParam());
  method.min_time_s = 1e-3;  // a thousand samples of a microsecond
  method.target_samples = 2000;
  EXPECT_GE(run(method, constant()).samples, 1000U);
}

TEST_P(EveryCriterion, TheTimeLimitEndsItAll) {
  Method method = method_of(GetParam());
  method.min_samples = 1'000'000;
  method.target_samples = 1'000'000;
  method.time_limit_s = 1e-3;
  const Ended ended = run(method, noise(100.0));
  EXPECT_EQ(ended.why, Stop::out_of_time);
  EXPECT_EQ(ended.samples, 1000U);
}

TEST(Rse, GoesOnUntilTheMedianIsKnown) {
  // The standard error of the median is 1.25 sigma / sqrt(n): of 5 % noise it is 0.5 % after about 157 samples.
  const Ended ended = run(method_of(StoppingCriterion::rse), noise(50.0));
  EXPECT_EQ(ended.why, Stop::precise);
  EXPECT_GT(ended.samples, 80U);
  EXPECT_LT(ended.samples, 320U);
}

TEST(Rse, ADriftEndsAtTheMost) {
  Method method = method_of(StoppingCriterion::rse);
  method.max_samples = 500;
  EXPECT_EQ(run(method, drift()).why, Stop::enough_samples);
}

TEST(Rse, TwoHeightsHaveNoMedianToKnow) {
  Method method = method_of(StoppingCriterion::rse);
  method.max_samples = 500;
  EXPECT_EQ(run(method, two_heights()).why, Stop::enough_samples);
}

TEST(Stdrel, QuietTimesEndWithTheFifthSample) {
  EXPECT_EQ(run(method_of(StoppingCriterion::stdrel), constant()).samples, 5U);
  EXPECT_LE(run(method_of(StoppingCriterion::stdrel), noise(1.0)).samples, 5U);
}

TEST(Stdrel, NoiseAboveTheBoundEndsOnceItHasSettled) {
  // Never below 0.5 %; the deviation is known to 5 % when its own error, about 1 / sqrt(2 n), has become small.
  const Ended ended = run(method_of(StoppingCriterion::stdrel), noise(50.0));
  EXPECT_EQ(ended.why, Stop::precise);
  EXPECT_GE(ended.samples, 69U);  // five for the first deviation, and 64 before it may settle
  EXPECT_EQ(ended.samples % 16, 0U);
  EXPECT_LT(ended.samples, 2000U);
}

TEST(Stdrel, ANarrowerBoundTakesLonger) {
  Method loose = method_of(StoppingCriterion::stdrel);
  loose.max_noise = 0.06;
  EXPECT_LT(run(loose, noise(50.0)).samples, run(method_of(StoppingCriterion::stdrel), noise(50.0)).samples);
}

TEST(Stdrel, ADriftNeverSettlesSoon) {
  // The deviation grows with the mean, and their ratio comes to 0.58 slowly: within the last 512 values it changes by
  // more than 5 % for long.
  EXPECT_GT(run(method_of(StoppingCriterion::stdrel), drift()).samples, 300U);
}

TEST(Stdrel, TwoHeightsSettle) {
  const Ended ended = run(method_of(StoppingCriterion::stdrel), two_heights());
  EXPECT_EQ(ended.why, Stop::precise);
  EXPECT_LT(ended.samples, 1000U);
}

TEST(Entropy, ConstantTimesEndWithTheSecondSample) {
  EXPECT_EQ(run(method_of(StoppingCriterion::entropy), constant()).samples, 2U);
}

TEST(Entropy, TimesThatAreAllDifferentEndWhenTheLogarithmIsFlat) {
  // Of n different values the entropy is log2 n. A line through the last 299 rises by about 1 / (m ln 2) with m their
  // middle: 0.048 degrees are 8.4e-4, so m is about 1722 and the end about 150 later.
  const Ended ended = run(method_of(StoppingCriterion::entropy), drift());
  EXPECT_EQ(ended.why, Stop::precise);
  EXPECT_NEAR(static_cast<double>(ended.samples), 1722 + 149, 40);
  EXPECT_EQ(ended.samples % 2, 0U);
  EXPECT_EQ(run(method_of(StoppingCriterion::entropy), noise(50.0)).samples, ended.samples);
}

TEST(Entropy, ASteeperAngleEndsSooner) {
  Method method = method_of(StoppingCriterion::entropy);
  method.max_angle = 0.48;
  EXPECT_LT(run(method, drift()).samples, 400U);
}

TEST(Entropy, ALineThatExplainsTooLittleIsNotBelieved) {
  Method strict = method_of(StoppingCriterion::entropy);
  strict.min_r2 = 1.0;
  EXPECT_EQ(run(strict, two_heights()).why, Stop::enough_samples);
}

TEST(Entropy, TwoHeightsComeToOneBit) {
  // Two values about as often as each other: one bit, soon flat; a line follows what is left of its way there.
  const Series random = [generator = std::mt19937_64(6)](std::size_t) mutable {
    return generator() % 2 == 0 ? 1000.0 : 1100.0;
  };
  EXPECT_EQ(run(method_of(StoppingCriterion::entropy), random).why, Stop::precise);
  EXPECT_LT(run(method_of(StoppingCriterion::entropy), random).samples, 1000U);
}

TEST(Entropy, ALineSaysNothingOfWhatGoesUpAndDown) {
  // One value after the other: the entropy goes to and fro below one bit, which no line explains. NVBench's own rule
  // goes on until its time limit there, too.
  EXPECT_EQ(run(method_of(StoppingCriterion::entropy), two_heights()).why, Stop::enough_samples);
}

TEST(SampleCount, TakesAsManyAsItSays) {
  Method method = method_of(StoppingCriterion::sample_count);
  for (const int count : {1, 2, 7, 100, 4000}) {
    method.target_samples = count;
    method.min_samples = 10;
    method.max_samples = 50;  // does not hold for it
    EXPECT_EQ(run(method, noise(50.0)).samples, static_cast<std::size_t>(count));
  }
}

TEST(Defaults, AreThoseOfNvbench) {
  Method method;
  set_defaults_of(StoppingCriterion::stdrel, method);
  EXPECT_EQ(method.min_samples, 10);
  EXPECT_EQ(method.min_time_s, 0.5);
  EXPECT_EQ(method.time_limit_s, 15.0);
  EXPECT_EQ(method.max_noise, 0.005);
  set_defaults_of(StoppingCriterion::entropy, method);
  EXPECT_EQ(method.min_time_s, 0.0);
  EXPECT_EQ(method.max_angle, 0.048);
  EXPECT_EQ(method.min_r2, 0.36);
  set_defaults_of(StoppingCriterion::rse, method);
  EXPECT_EQ(method, Method{});
}

}  // namespace
}  // namespace knobscope::measure
