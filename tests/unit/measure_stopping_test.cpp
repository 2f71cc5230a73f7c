#include <vector>

#include <gtest/gtest.h>

#include "measure/hot.h"
#include "measure/stopping.h"

namespace knobscope::measure {
namespace {

Method method() {
  Method method;
  method.min_samples = 11;
  method.max_samples = 100;
  method.time_limit_s = 1.0;
  return method;
}

TEST(StoppingRule, goes_on_until_the_fewest_samples_are_there) {
  StoppingRule rule(method(), StoppingCriterion::rse);
  std::vector<double> samples;
  for (int i = 0; i < 10; ++i) {
    samples.push_back(100.0);
    EXPECT_EQ(rule.decide(samples, 0.01), Stop::not_yet) << samples.size();
  }
  samples.push_back(100.0);
  EXPECT_EQ(rule.decide(samples, 0.01), Stop::precise);
}

TEST(StoppingRule, goes_on_while_the_median_is_not_known_well_enough) {
  StoppingRule rule(method(), StoppingCriterion::rse);
  std::vector<double> samples;
  while (samples.size() < 99) {
    samples.push_back(samples.size() % 2 == 0 ? 100.0 : 200.0);
    EXPECT_EQ(rule.decide(samples, 0.01), Stop::not_yet) << samples.size();
  }
  samples.push_back(200.0);
  EXPECT_EQ(rule.decide(samples, 0.01), Stop::enough_samples);
}

TEST(StoppingRule, looks_again_as_the_series_grows) {
  StoppingRule rule(method(), StoppingCriterion::rse);
  std::vector<double> samples = {100, 150, 100, 150, 100, 150, 100, 150, 100, 150, 100};
  EXPECT_EQ(rule.decide(samples, 0.01), Stop::not_yet);
  Stop last = Stop::not_yet;
  while (samples.size() < 100 && last == Stop::not_yet) {
    samples.push_back(100.0);
    last = rule.decide(samples, 0.01);
  }
  EXPECT_EQ(last, Stop::precise);
  EXPECT_LT(samples.size(), 60U);
}

TEST(StoppingRule, a_slow_kernel_gets_patience_for_six_samples) {
  StoppingRule rule(method(), StoppingCriterion::rse);
  std::vector<double> samples = {5e8};
  EXPECT_EQ(rule.decide(samples, 1.5), Stop::not_yet);
  samples.assign(5, 5e8);
  EXPECT_EQ(rule.decide(samples, 3.9), Stop::not_yet);
  EXPECT_EQ(rule.decide(samples, 4.0), Stop::out_of_time);
  samples = {5e8, 6e8, 7e8, 5e8, 6e8, 7e8};
  EXPECT_EQ(rule.decide(samples, 1.0), Stop::out_of_time);
}

TEST(StoppingRule, the_first_sample_is_always_taken) {
  StoppingRule rule(method(), StoppingCriterion::rse);
  EXPECT_EQ(rule.decide({}, 1e6), Stop::not_yet);
}

TEST(StoppingRule, never_more_than_the_most) {
  Method few = method();
  few.max_samples = 3;
  StoppingRule rule(few, StoppingCriterion::rse);
  EXPECT_EQ(rule.decide(std::vector<double>{1.0, 1.0}, 0.0), Stop::not_yet);
  EXPECT_EQ(rule.decide(std::vector<double>{1.0, 1.0, 1.0}, 0.0), Stop::enough_samples);
}

TEST(NextBatch, begins_with_one_and_fills_twenty_milliseconds) {
  EXPECT_EQ(next_batch({}, 2000), 1U);
  EXPECT_EQ(next_batch(std::vector<double>{1e6}, 2000), 20U);
  EXPECT_EQ(next_batch(std::vector<double>{1e9}, 2000), 1U);
  EXPECT_EQ(next_batch(std::vector<double>{10.0}, 2000), 256U);
  EXPECT_EQ(next_batch(std::vector<double>{0.0}, 2000), 256U);
  EXPECT_EQ(next_batch(std::vector<double>(90, 1e3), 100), 10U);
}

}  // namespace
}  // namespace knobscope::measure
