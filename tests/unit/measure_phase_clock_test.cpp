// Where a point's wall time is booked: every moment once, and none lost.

#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "measure/engine.h"
#include "measure/phase_clock.h"
#include "measure/warm_up.h"
#include "unit/measure_fake_device.h"

namespace knobscope::measure {
namespace {

using namespace std::chrono_literals;

TEST(PhaseClock, EveryMomentIsBookedOnce) {
  Recorder recorder;
  const Stopwatch whole;
  PhaseClock clock(recorder);
  std::this_thread::sleep_for(3ms);
  clock.phase(Phase::verify);
  std::this_thread::sleep_for(10ms);
  clock.enter(Expense::allocate);
  std::this_thread::sleep_for(5ms);
  clock.phase(Phase::verify);
  std::this_thread::sleep_for(2ms);
  const TimeSpent spent = clock.spent();
  const double took = whole.seconds();
  EXPECT_GE(spent[Expense::other], 0.003);
  EXPECT_GE(spent[Expense::verify], 0.012);
  EXPECT_GE(spent[Expense::allocate], 0.005);
  EXPECT_LE(spent.total(), took);
  EXPECT_GE(spent.total(), 0.020);
  EXPECT_EQ(spent[Expense::compile], 0.0);
}

TEST(PhaseClock, WhatIsRebookedLeavesTheSum) {
  Recorder recorder;
  PhaseClock clock(recorder);
  clock.phase(Phase::cold);
  std::this_thread::sleep_for(4ms);
  clock.rebook(Expense::timing, Expense::samples, 0.001);
  clock.enter(Expense::other);
  const TimeSpent before = clock.spent();
  EXPECT_DOUBLE_EQ(before[Expense::samples], 0.001);
  EXPECT_GE(before[Expense::timing], 0.003);
  // Never more than there is: times of a device may be any number.
  clock.rebook(Expense::timing, Expense::samples, 1e9);
  const TimeSpent after = clock.spent();
  EXPECT_EQ(after[Expense::timing], 0.0);
  EXPECT_DOUBLE_EQ(after[Expense::samples], before[Expense::samples] + before[Expense::timing]);
  clock.rebook(Expense::samples, Expense::timing, -1.0);
  EXPECT_EQ(clock.spent()[Expense::timing], 0.0);
}

TEST(PhaseClock, OthersHearOfPhasesOnly) {
  Recorder recorder;
  PhaseClock clock(recorder);
  clock.enter(Expense::allocate);
  EXPECT_TRUE(recorder.phases.empty());
  clock.phase(Phase::warm_up);
  EXPECT_EQ(recorder.phases, std::vector{Phase::warm_up});
}

TEST(PhaseClock, APointSaysWhereItsTimeWent) {
  FakeDevice device;
  device.on_compile = [] { std::this_thread::sleep_for(30ms); };
  Recorder recorder;
  Engine engine(device, nullptr, "1.2.3");
  const Stopwatch whole;
  const PointPtr point = engine.measure(sample_request(), sample_variant(), recorder);
  const double took = whole.seconds();
  ASSERT_TRUE(point->spent);
  EXPECT_LE(point->spent->total(), took);
  EXPECT_GE(point->spent->total(), 0.9 * took - 1e-3) << "next to nothing is not booked";
  EXPECT_DOUBLE_EQ((*point->spent)[Expense::compile], 0.0125) << "as the device tells";
  EXPECT_GE((*point->spent)[Expense::load], 0.015) << "the rest of compiling";
  EXPECT_GE((*point->spent)[Expense::warm_up], 0.02);
  EXPECT_GT((*point->spent)[Expense::verify], 0.0);
  EXPECT_GT((*point->spent)[Expense::samples], 0.0);
}

TEST(WarmUp, ADeviceThatIsWarmIsNotWarmedUpAgain) {
  FakeDevice device;
  Recorder recorder;
  Engine engine(device, nullptr, "1.2.3");
  PointRequest request = sample_request();
  request.method.time_limit_s = 10.0 * kWarmUp_s;  // it ends a warm-up, too
  const auto warm_up_s = [&] {
    return (*engine.measure(request, sample_variant(), recorder)->spent)[Expense::warm_up];
  };
  EXPECT_GE(warm_up_s(), 0.9 * kWarmUp_s);
  const double at_once = warm_up_s();
  EXPECT_GE(at_once, 0.9 * kWarmUpOfWarm_s);
  EXPECT_LT(at_once, 0.5 * kWarmUp_s);
  std::this_thread::sleep_for(std::chrono::duration<double>(1.5 * kStaysWarm_s));
  EXPECT_GE(warm_up_s(), 0.9 * kWarmUp_s) << "it had time to cool down";
}

}  // namespace
}  // namespace knobscope::measure
