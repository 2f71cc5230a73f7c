// What is told of a series while it is taken is, put together, what is kept of it in the end.

#include <cmath>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "measure/acceptance.h"
#include "measure/engine.h"
#include "unit/measure_fake_device.h"

namespace knobscope::measure {
namespace {

constexpr std::uint64_t kThermal = 0x40;
constexpr ThrottleRule kRule{0.75, 2000.0};

/// NaN is no number, and two of them are as good as the same.
std::vector<double> known(std::vector<double> clocks) {
  for (double& clock : clocks) clock = std::isfinite(clock) ? clock : -1.0;
  return clocks;
}

TEST(LiveSeries, StepsGiveWhatIsKeptWhateverIsTakenBack) {
  std::mt19937 engine(11);
  const auto one_in = [&](int of) { return std::uniform_int_distribution<int>(1, of)(engine) == 1; };
  for (int trial = 0; trial < 200; ++trial) {
    Acceptance acceptance(kRule);
    std::vector<double> samples;
    GrowingSeries told;
    std::int64_t steps = 0;
    for (int i = 0; i < 60; ++i) {
      for (int batch = one_in(4) ? 5 : 1; batch > 0; --batch) samples.push_back(100.0 * trial + i);
      acceptance.settle(samples, one_in(9)   ? std::optional<double>()
                                 : one_in(7) ? std::optional(900.0)
                                             : std::optional(1980.0));
      if (one_in(5)) {
        device::Telemetry now;
        now.power_w = i;
        now.throttle_reasons = one_in(3) ? kThermal : 0;
        acceptance.read(samples, now);
      }
      if (!one_in(3)) continue;
      if (const auto step = acceptance.take_step(samples)) {
        told.take(*step);
        ++steps;
      }
      EXPECT_EQ(told.samples_ns, samples) << "at any time";
    }
    if (const auto step = acceptance.take_step(samples)) told.take(*step);
    EXPECT_FALSE(acceptance.take_step(samples)) << "nothing is new any more";
    EXPECT_GT(steps, 3);
    EXPECT_EQ(told.samples_ns, samples);
    const SeriesEnvironment kept = acceptance.finish(Timing::cold);
    EXPECT_EQ(told.environment.discarded, kept.discarded);
    EXPECT_EQ(told.environment.readings, kept.readings);
    if (!kept.sm_clocks_mhz.empty()) {
      EXPECT_EQ(known(told.environment.sm_clocks_mhz), known(kept.sm_clocks_mhz));
    }
  }
}

TEST(LiveSeries, WhoWatchesAPointHearsItsWholeEnvironment) {
  FakeDevice device;
  device.facts_.peak_bandwidth = BytesPerSecond{1e12};
  device.found.expected_sm_clock_mhz = 2000.0;
  device.sm_clock_mhz = [](int call) { return call % 3 == 0 ? 700.0 : 1980.0; };
  Recorder recorder;
  Engine engine(device, nullptr, "1.2.3");
  PointRequest request = sample_request();
  request.method.throttle_recovery_s = 0.0;
  const PointPtr point = engine.measure(request, sample_variant(), recorder);
  ASSERT_TRUE(point->cold && point->hot) << point->reason;
  for (const Timing timing : {Timing::cold, Timing::hot}) {
    const GrowingSeries& told = recorder.series[phase_of(timing)];
    const SeriesEnvironment* kept = point->series_environment(timing);
    ASSERT_NE(kept, nullptr);
    EXPECT_EQ(told.samples_ns, *point->samples(timing));
    EXPECT_EQ(told.environment.sm_clocks_mhz, kept->sm_clocks_mhz);
    EXPECT_EQ(told.environment.discarded, kept->discarded);
    EXPECT_EQ(told.environment.readings, kept->readings);
    EXPECT_FALSE(kept->discarded.empty());
  }
}

TEST(LiveSeries, WhereNothingIsAcceptedTheDiscardedOnesAreToldAllTheSame) {
  FakeDevice device;
  device.found.expected_sm_clock_mhz = 2000.0;
  device.sm_clock_mhz = [](int) { return 700.0; };
  Recorder recorder;
  Engine engine(device, nullptr, "1.2.3");
  PointRequest request = sample_request();
  request.method.set_timings({Timing::cold});
  request.method.throttle_recovery_s = 0.0;
  const PointPtr point = engine.measure(request, sample_variant(), recorder);
  EXPECT_EQ(point->verdict, Verdict::throttled);
  EXPECT_TRUE(recorder.series[Phase::cold].samples_ns.empty());
  EXPECT_EQ(std::ssize(recorder.series[Phase::cold].environment.discarded), point->discarded_samples());
}

TEST(LiveSeries, AGpuThatIsSharedIsSaidOnceAndAgainWhenItChanges) {
  FakeDevice device;
  device.found.other_processes = 0;
  Recorder recorder;
  Engine engine(device, nullptr, "1.2.3");
  const auto measure = [&] { return engine.measure(sample_request(), sample_variant(), recorder); };
  measure();
  EXPECT_TRUE(recorder.notes.empty());
  device.found.other_processes = 2;
  measure();
  measure();
  EXPECT_THAT(recorder.notes,
              testing::ElementsAre("2 other processes use the GPU: what it does meanwhile is in the times"));
  device.found.other_processes = 1;
  measure();
  EXPECT_EQ(recorder.notes.size(), 2U);
}

}  // namespace
}  // namespace knobscope::measure
