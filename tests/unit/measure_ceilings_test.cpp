// What the memory reaches with a problem's bytes, by each technique, on a device whose times are known.

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "measure/engine.h"
#include "measure/size_ceilings.h"
#include "unit/measure_fake_device.h"

namespace knobscope::measure {
namespace {

using testing::IsEmpty;

struct Bench {
  FakeDevice device;
  Recorder recorder;
  std::atomic<bool> stop = false;
  ClockWatch clocks;
  Run run{device, recorder, stop, clocks};
  SizeCeilings ceilings;
  Method method = sample_request().method;

  Bench() {
    device.facts_.last_level_cache = {1 << 18};
    device.copy_ns = 2000.0;
    device.read_ns = 1000.0;
    device.write_ns = 4000.0;
    method.set_timings({Timing::cold});
  }
};

constexpr Bytes kSize{1 << 16};
const BytesPerSecond kCopy = kSize / Nanoseconds(2000.0);
const BytesPerSecond kRead = kSize / Nanoseconds(1000.0);
const BytesPerSecond kWrite = kSize / Nanoseconds(4000.0);

TEST(SizeCeilings, EachTechniqueHasItsOwn) {
  Bench bench;
  bench.method.set_timings({kTimings.begin(), kTimings.end()});
  const std::vector<SizeCeiling> found = bench.ceilings.of(bench.run, kSize, bench.method);
  ASSERT_EQ(found.size(), kTimings.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i].timing, kTimings[i]);
    EXPECT_EQ(found[i].bytes, kSize);
    EXPECT_EQ(found[i].memcpy, kCopy);
    EXPECT_EQ(found[i].copy, kCopy);
    EXPECT_EQ(found[i].read, kRead);
    EXPECT_EQ(found[i].write, kWrite);
  }
  EXPECT_EQ(best_of(found.front()), kRead);
  EXPECT_THAT(bench.recorder.cold, IsEmpty()) << "they are no point's samples";
  EXPECT_THAT(bench.recorder.hot, IsEmpty());
  EXPECT_THAT(bench.recorder.other, IsEmpty());
  EXPECT_EQ(bench.device.in_use, 0) << "their buffers are given back";
}

TEST(SizeCeilings, TheBestOfDriverAndKernelCounts) {
  Bench bench;
  bench.device.kernel_gain = 2.0;
  const SizeCeiling found = bench.ceilings.of(bench.run, kSize, bench.method).at(0);
  EXPECT_EQ(found.memcpy, kCopy);
  EXPECT_EQ(found.copy.value, 2.0 * kCopy.value);
  EXPECT_EQ(found.write->value, 2.0 * kWrite.value);
  bench.device.kernel_gain = 0.5;
  const SizeCeiling other = bench.ceilings.of(bench.run, {2 * kSize.count}, bench.method).at(0);
  EXPECT_EQ(other.copy, other.memcpy);
  EXPECT_EQ(other.write->value, 2.0 * kWrite.value) << "twice the bytes in the driver's time";
}

TEST(SizeCeilings, ASweepPaysOnce) {
  Bench bench;
  const auto first = bench.ceilings.of(bench.run, kSize, bench.method);
  const int runs = bench.device.ceiling_runs;
  EXPECT_GT(runs, 0);
  bench.method.thorough = !bench.method.thorough;
  bench.method.launch_limit_s = 5.0;
  EXPECT_EQ(bench.ceilings.of(bench.run, {kSize.count + 12}, bench.method), first) << "a few bytes more or less";
  EXPECT_EQ(bench.device.ceiling_runs, runs);
  bench.ceilings.of(bench.run, {kSize.count * 2}, bench.method);
  EXPECT_GT(bench.device.ceiling_runs, runs) << "another size";
  const int sizes = bench.device.ceiling_runs;
  bench.method.cold_stopping = StoppingCriterion::entropy;
  bench.ceilings.of(bench.run, kSize, bench.method);
  EXPECT_GT(bench.device.ceiling_runs, sizes) << "another stopping rule";
  const int rules = bench.device.ceiling_runs;
  bench.method.set_timings({Timing::hot});
  bench.ceilings.of(bench.run, kSize, bench.method);
  EXPECT_GT(bench.device.ceiling_runs, rules) << "another technique";
}

TEST(SizeCeilings, SeriesEndAsThePointsDo) {
  Bench bench;
  bench.method.cold_stopping = StoppingCriterion::sample_count;
  bench.method.target_samples = 17;
  bench.method.min_samples = 1;
  bench.method.time_limit_s = 100.0;
  bench.ceilings.of(bench.run, kSize, bench.method);
  EXPECT_EQ(bench.device.cold_ceiling_runs, 5 * kRounds * 17) << "memcpy, copy kernel, read, memset, write kernel";
}

TEST(SizeCeilings, ATechniqueThatCannotHasNone) {
  Bench bench;
  bench.method.set_timings({Timing::cold, Timing::rotating, Timing::graph});
  bench.device.uncapturable = "not now";
  bench.device.facts_.last_level_cache = {std::int64_t{1} << 40};
  const auto found = bench.ceilings.of(bench.run, kSize, bench.method);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].timing, Timing::cold);
  bench.device.capacity = 10;
  EXPECT_THAT(bench.ceilings.of(bench.run, {kSize.count * 4}, bench.method), IsEmpty());
}

TEST(SizeCeilings, WhatASessionHoldsIsNotMeasured) {
  Bench bench;
  SizeCeiling recorded = bench.ceilings.of(bench.run, kSize, bench.method).at(0);
  recorded.copy = {1.5 * recorded.copy.value};
  SizeCeilings resumed;
  resumed.know(std::vector{KnownSizeCeiling{recorded, ceiling_rule(bench.method)}});
  const int runs = bench.device.ceiling_runs;
  EXPECT_EQ(resumed.of(bench.run, kSize, bench.method).at(0), recorded);
  EXPECT_EQ(bench.device.ceiling_runs, runs);
  bench.method.max_samples += 1;
  EXPECT_NE(resumed.of(bench.run, kSize, bench.method).at(0), recorded) << "another rule";
  EXPECT_GT(bench.device.ceiling_runs, runs);
}

TEST(SizeCeilings, AThrottledOneIsTriedAgainALittle) {
  Bench bench;
  bool is_slow = true;
  bench.device.sm_clock_mhz = [&is_slow](int) { return is_slow ? 500.0 : 2000.0; };
  bench.clocks.expect(2000.0);
  bench.method.time_limit_s = 0.01;
  bench.method.throttle_recovery_s = 0.0;
  EXPECT_THAT(bench.ceilings.of(bench.run, kSize, bench.method), IsEmpty());
  EXPECT_THAT(bench.ceilings.of(bench.run, kSize, bench.method), IsEmpty());
  is_slow = false;
  const auto found = bench.ceilings.of(bench.run, kSize, bench.method);
  ASSERT_EQ(found.size(), 1U) << "the third time it was not held back";
  EXPECT_EQ(found[0].copy, kCopy);
  EXPECT_TRUE(found[0].read && found[0].write);
  const int runs = bench.device.ceiling_runs;
  EXPECT_EQ(bench.ceilings.of(bench.run, kSize, bench.method), found);
  EXPECT_EQ(bench.device.ceiling_runs, runs) << "now it is known";

  is_slow = true;
  const Bytes other{2 * kSize.count};
  for (int i = 0; i < kMostCeilingTries; ++i) bench.ceilings.of(bench.run, other, bench.method);
  const int tried = bench.device.ceiling_runs;
  is_slow = false;
  EXPECT_THAT(bench.ceilings.of(bench.run, other, bench.method), IsEmpty()) << "and not for ever";
  EXPECT_EQ(bench.device.ceiling_runs, tried);
}

TEST(SizeCeilings, ACancelEndsThem) {
  Bench bench;
  bench.stop = true;
  EXPECT_THROW(bench.ceilings.of(bench.run, kSize, bench.method), device::Cancelled);
}

TEST(SizeCeilings, SizesAreRoundedDownALittle) {
  for (const std::int64_t bytes : {1, 32, 33, 1000, 65'536, 65'600, 134'299'648}) {
    const std::int64_t rounded = rounded_size({bytes}).count;
    EXPECT_EQ(rounded % 32, 0) << bytes;
    EXPECT_GE(rounded, 32) << bytes;
    EXPECT_LE(rounded, std::max<std::int64_t>(bytes, 32));
    EXPECT_GT(rounded, bytes - bytes / 64 - 32) << bytes;
  }
}

}  // namespace
}  // namespace knobscope::measure
