// Kernel times and counters of a point, on a device whose profiler is played.

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "measure/engine.h"
#include "measure/profile.h"
#include "unit/measure_fake_device.h"

namespace knobscope::measure {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct ProfiledDevice : FakeDevice {
  void time_kernels(const device::Work&, std::span<Nanoseconds> times) override {
    if (why_no_records) throw device::Unprofilable(*why_no_records);
    for (Nanoseconds& time : times) time = Nanoseconds(900.0 + recorded++ % 3);
  }
  Counters count(const device::Work&) override {
    if (why_no_counters) throw device::Unprofilable(*why_no_counters);
    if (broken) throw device::DeviceError("the kernel asks for too much");
    ++counted;
    return Counters{{4096}, {1024}, {512}, 0.5, 0.75, 1};
  }
  std::optional<Nanoseconds> event_overhead() override { return Nanoseconds(80.0); }

  std::optional<std::string> why_no_records;
  std::optional<std::string> why_no_counters;
  bool broken = false;
  int recorded = 0;
  int counted = 0;
};

struct Bench {
  ProfiledDevice device;
  Recorder recorder;
  Engine engine{device, nullptr, "1.2.3"};
  Variant variant = sample_variant();
  PointRequest request = sample_request();
  explicit Bench(bool counters) { request.method.counters = counters; }
  PointPtr measure() { return engine.measure(request, variant, recorder); }
};

TEST(Profile, IsTakenOnRequestOnly) {
  Bench bench(false);
  const PointPtr point = bench.measure();
  EXPECT_FALSE(point->profile);
  EXPECT_EQ(bench.device.recorded + bench.device.counted, 0);
  EXPECT_THAT(bench.recorder.phases, Not(Contains(Phase::counters)));
  EXPECT_EQ(point->event_overhead, Nanoseconds(80.0)) << "it needs no profiler";
}

TEST(Profile, KernelTimesAndCountersComeAfterTheTimes) {
  Bench bench(true);
  const PointPtr point = bench.measure();
  ASSERT_TRUE(point->profile && point->profile->kernel && point->profile->counters);
  EXPECT_EQ(point->verdict, Verdict::pass) << point->reason;
  EXPECT_EQ(point->profile->kernel->count, kRecordedRuns);
  EXPECT_DOUBLE_EQ(point->profile->kernel->median.count(), 901.0);
  EXPECT_DOUBLE_EQ(point->event_over_kernel()->count(), 99.0);
  EXPECT_EQ(point->profile->counters->dram(), Bytes{5632});
  EXPECT_THAT(point->profile->notes, IsEmpty());
  const auto& phases = bench.recorder.phases;
  const auto counters = std::ranges::find(phases, Phase::counters);
  EXPECT_EQ(std::find(counters, phases.end(), Phase::hot), phases.end()) << "timing was over";
  EXPECT_NE(std::find(counters, phases.end(), Phase::verify), phases.end()) << "what was watched is judged, too";
}

TEST(Profile, WhatCannotBeHadIsSaidAndTheRestStays) {
  Bench bench(true);
  bench.device.why_no_counters = "ask the administrator";
  const PointPtr point = bench.measure();
  ASSERT_TRUE(point->profile);
  EXPECT_TRUE(point->profile->kernel);
  EXPECT_FALSE(point->profile->counters);
  EXPECT_THAT(point->profile->notes, ElementsAre(HasSubstr("no counters: ask the administrator")));
  EXPECT_EQ(point->verdict, Verdict::pass) << point->reason;

  bench.device.why_no_records = "CUPTI was not found";
  const PointPtr bare = bench.measure();
  EXPECT_FALSE(bare->profile->kernel);
  EXPECT_EQ(bare->profile->notes.size(), 2U);
}

TEST(Profile, NeedsNoTimes) {
  Bench bench(true);
  bench.request.method.set_timings({});
  const PointPtr point = bench.measure();
  ASSERT_TRUE(point->profile && point->profile->counters);
  EXPECT_FALSE(point->cold_summary || point->event_overhead || point->event_over_kernel());
}

TEST(Profile, ADeviceWithoutAProfilerSaysSo) {
  FakeDevice plain;
  Recorder recorder;
  Engine engine(plain, nullptr, "1.2.3");
  PointRequest request = sample_request();
  request.method.counters = true;
  const PointPtr point = engine.measure(request, sample_variant(), recorder);
  ASSERT_TRUE(point->profile);
  EXPECT_THAT(point->profile->notes, ElementsAre(HasSubstr("NVIDIA GPUs only"), HasSubstr("NVIDIA GPUs only")));
  EXPECT_FALSE(point->event_overhead);
}

TEST(Profile, AWorkThatFailsIsAFailureOfThePoint) {
  Bench bench(true);
  bench.device.broken = true;
  const PointPtr point = bench.measure();
  EXPECT_EQ(point->verdict, Verdict::failed);
  EXPECT_THAT(point->reason, HasSubstr("asks for too much"));
}

}  // namespace
}  // namespace knobscope::measure
