// Which samples count, with a clock and readings of the device that are made up, and what the engine says of it.

#include <atomic>
#include <cmath>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "measure/acceptance.h"
#include "measure/engine.h"
#include "unit/measure_fake_device.h"

namespace knobscope::measure {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::uint64_t kThermal = 0x40;
constexpr ThrottleRule kRule{0.75, 2000.0};

device::Telemetry telling(std::uint64_t reasons) {
  device::Telemetry now;
  now.power_w = 300.0;
  now.throttle_reasons = reasons;
  return now;
}

/// A series that is given its samples one by one.
struct Series {
  Acceptance acceptance;
  std::vector<double> samples = {};
  bool take(double time_ns, std::optional<double> clock) {
    samples.push_back(time_ns);
    return acceptance.settle(samples, clock);
  }
  bool read(std::uint64_t reasons) { return acceptance.read(samples, telling(reasons)); }
};

std::vector<double> times_of(const std::vector<DiscardedSample>& discarded) {
  std::vector<double> times;
  for (const DiscardedSample& each : discarded) times.push_back(each.time_ns);
  return times;
}

TEST(Acceptance, AClockBelowTheShareIsDiscardedAndOneAtItCounts) {
  Series series{Acceptance(kRule)};
  EXPECT_FALSE(series.take(1.0, 1980.0));
  EXPECT_TRUE(series.take(2.0, 1499.9));
  EXPECT_FALSE(series.take(3.0, 1500.0));
  EXPECT_FALSE(series.take(4.0, 2100.0)) << "faster than it should run is no harm";
  EXPECT_THAT(series.samples, ElementsAre(1.0, 3.0, 4.0));
  const SeriesEnvironment found = series.acceptance.finish(Timing::hot);
  EXPECT_EQ(found.timing, Timing::hot);
  EXPECT_THAT(found.sm_clocks_mhz, ElementsAre(1980.0, 1500.0, 2100.0));
  EXPECT_THAT(found.discarded, ElementsAre(DiscardedSample{1, 2.0, 1499.9, 0}));
  EXPECT_EQ(found.sm_clock_mhz(), 1980.0);
}

TEST(Acceptance, ABatchHasOneClock) {
  Series series{Acceptance(kRule)};
  series.samples = {1.0, 2.0, 3.0};
  EXPECT_FALSE(series.acceptance.settle(series.samples, 1900.0));
  series.samples.insert(series.samples.end(), {4.0, 5.0});
  EXPECT_TRUE(series.acceptance.settle(series.samples, 1000.0));
  EXPECT_THAT(series.samples, ElementsAre(1.0, 2.0, 3.0));
  EXPECT_EQ(series.acceptance.discarded(), 2);
}

TEST(Acceptance, WhereNoClockOrNoExpectationIsKnownNothingIsDiscardedForIt) {
  Series unknown{Acceptance(kRule)};
  EXPECT_FALSE(unknown.take(1.0, std::nullopt));
  EXPECT_TRUE(unknown.acceptance.finish(Timing::cold).sm_clocks_mhz.empty());
  Series unexpected{Acceptance({0.75, std::nullopt})};
  EXPECT_FALSE(unexpected.take(1.0, 100.0));
  Series off{Acceptance({0.0, 2000.0})};
  EXPECT_FALSE(off.take(1.0, 1.0)) << "a threshold of 0 looks at no clock";
}

TEST(Acceptance, OneUnknownClockAmongOthersIsNoNumber) {
  Series series{Acceptance(kRule)};
  series.take(1.0, 1900.0);
  series.take(2.0, std::nullopt);
  const SeriesEnvironment found = series.acceptance.finish(Timing::cold);
  ASSERT_EQ(found.sm_clocks_mhz.size(), 2U);
  EXPECT_TRUE(std::isnan(found.sm_clocks_mhz[1]));
  EXPECT_EQ(found.sm_clock_mhz(), 1900.0);
}

TEST(Acceptance, WhatLiesBetweenTwoReadingsIsAsGoodAsTheWorseOne) {
  Series series{Acceptance(kRule)};
  EXPECT_FALSE(series.read(0));
  series.take(1.0, 1980.0);
  series.take(2.0, 1980.0);
  EXPECT_FALSE(series.read(0));
  series.take(3.0, 1980.0);
  EXPECT_TRUE(series.take(4.0, 900.0)) << "in the order taken, whatever it was discarded for";
  series.take(5.0, std::nullopt);
  EXPECT_TRUE(series.read(kThermal)) << "3 to 5 were taken before it";
  EXPECT_TRUE(series.take(6.0, 1980.0)) << "and 6 after it";
  EXPECT_FALSE(series.read(0));
  EXPECT_FALSE(series.take(7.0, 1980.0));
  EXPECT_THAT(series.samples, ElementsAre(1.0, 2.0, 7.0));
  const SeriesEnvironment found = series.acceptance.finish(Timing::cold);
  EXPECT_THAT(times_of(found.discarded), ElementsAre(3.0, 4.0, 5.0, 6.0));
  for (const DiscardedSample& each : found.discarded) {
    EXPECT_EQ(each.after, 2);
    EXPECT_EQ(each.throttle_reasons, kThermal);
  }
  EXPECT_EQ(found.discarded[1].sm_clock_mhz, 900.0);
  EXPECT_FALSE(found.discarded[2].sm_clock_mhz);
  std::vector<std::int64_t> taken;
  for (const EnvironmentReading& each : found.readings) taken.push_back(each.taken);
  EXPECT_THAT(taken, ElementsAre(0, 2, 5, 6));
  EXPECT_EQ(found.readings.front().power_w, 300.0);
}

TEST(Acceptance, IdlePowerCapAndApplicationClocksDiscardNothing) {
  for (const std::uint64_t reasons : {0x1, 0x2, 0x4, 0x10, 0x100}) {
    Series series{Acceptance(kRule)};
    series.read(reasons);
    EXPECT_FALSE(series.take(1.0, 1980.0)) << reasons;
    EXPECT_FALSE(series.read(reasons)) << reasons;
  }
  for (const std::uint64_t reasons : {0x8, 0x20, 0x40, 0x80}) {
    Series series{Acceptance(kRule)};
    series.take(1.0, 1980.0);
    EXPECT_TRUE(series.read(reasons)) << reasons;
    EXPECT_TRUE(series.samples.empty()) << reasons;
  }
}

TEST(Acceptance, TheSentenceSaysWhatWasComparedAndWhatToDo) {
  SeriesEnvironment series;
  series.discarded = {{0, 1.0, 912.4, 0}, {0, 1.0, 1400.0, 0}};
  EXPECT_EQ(discarded_in_words(series, 198, kRule),
            "2 of 200 samples were discarded: the SM clock was 912 to 1400 MHz, below 75 % of the 2000 MHz it should "
            "run at");
  EXPECT_EQ(discarded_in_words(series, 0, kRule),
            "none of 2 samples was accepted: the SM clock was 912 to 1400 MHz, below 75 % of the 2000 MHz it should "
            "run at; wait until nothing holds the clock down (heat, a power cap, a lock of the clocks) and measure "
            "again, or accept such clocks with --throttle-threshold 45");
  series.discarded = {{0, 1.0, 1980.0, kThermal | 0x80 | 0x4}};
  EXPECT_EQ(discarded_in_words(series, 0, kRule),
            "the only sample was discarded: the device reported hardware thermal slowdown, hardware power brake; it is "
            "too hot or short of power: see to its cooling and supply, wait, and measure again");
  EXPECT_EQ(reasons_in_words(0x5), "power cap, idle");
  EXPECT_EQ(reasons_in_words(0), "none");
}

struct Bench {
  FakeDevice device;
  Recorder recorder;
  Engine engine{device, nullptr, "1.2.3"};
  Variant variant = sample_variant();
  PointRequest request = sample_request();

  Bench() {
    device.facts_.peak_bandwidth = BytesPerSecond{1e12};
    device.found.expected_sm_clock_mhz = 2000.0;
    device.sm_clock_mhz = [](int) { return 1980.0; };
    request.method.throttle_recovery_s = 0.0;
    // Calls and readings are counted from the point's own first series on, not from those of its ceilings.
    recorder.on_phase = [this](Phase phase) {
      if (phase == Phase::cold) device.timed_calls = device.telemetries = 0;
    };
  }
  PointPtr measure() { return engine.measure(request, variant, recorder); }
};

TEST(Throttling, ACalmDeviceDiscardsNothingAndItsClockIsKept) {
  Bench bench;
  bench.device.found.other_processes = 1;
  bench.device.found.ecc = true;
  bench.device.found.untold = "MIG: not supported";
  const PointPtr point = bench.measure();
  EXPECT_EQ(point->verdict, Verdict::pass) << point->reason;
  EXPECT_EQ(point->discarded_samples(), 0);
  EXPECT_TRUE(point->timing_notes.empty());
  EXPECT_EQ(point->headline_sm_clock_mhz(), 1980.0);
  EXPECT_EQ(point->environment.expected_sm_clock_mhz, 2000.0);
  EXPECT_EQ(point->environment.other_processes, 1);
  EXPECT_EQ(point->environment.ecc, true);
  EXPECT_FALSE(point->environment.mig);
  EXPECT_EQ(point->environment.untold, "MIG: not supported");
  ASSERT_EQ(point->series_environments.size(), 2U) << "cold and hot";
  const SeriesEnvironment* cold = point->series_environment(Timing::cold);
  ASSERT_NE(cold, nullptr);
  EXPECT_EQ(cold->sm_clocks_mhz.size(), point->cold->size());
  EXPECT_GE(cold->readings.size(), 2U) << "before and after";
  EXPECT_EQ(cold->readings.front().taken, 0);
  EXPECT_EQ(cold->readings.back().taken, std::ssize(*point->cold));
}

TEST(Throttling, SlowSamplesAreInNoStatistic) {
  Bench bench;
  bench.request.method.set_timings({Timing::cold});
  bench.device.cold_runs = 0;
  bench.device.cold_ns = [](int run) { return run % 2 == 0 ? 9000.0 : 1000.0; };
  bench.device.sm_clock_mhz = [](int call) { return call % 2 == 0 ? 700.0 : 1980.0; };
  const PointPtr point = bench.measure();
  EXPECT_EQ(point->verdict, Verdict::pass) << point->reason;
  EXPECT_THAT(*point->cold, testing::Each(1000.0));
  EXPECT_GE(point->cold->size(), static_cast<std::size_t>(bench.request.method.min_samples));
  const SeriesEnvironment* cold = point->series_environment(Timing::cold);
  ASSERT_NE(cold, nullptr);
  EXPECT_NEAR(static_cast<double>(cold->discarded.size()), static_cast<double>(point->cold->size()), 1.0);
  EXPECT_EQ(cold->discarded.front().time_ns, 9000.0);
  EXPECT_EQ(cold->discarded.front().sm_clock_mhz, 700.0);
  ASSERT_EQ(point->timing_notes.size(), 1U);
  EXPECT_THAT(point->timing_notes[0].text, HasSubstr("samples were discarded: the SM clock was 700 MHz, below 75 %"));
  EXPECT_THAT(bench.recorder.cold, testing::Not(testing::Contains(9000.0))) << "nor shown live";
}

TEST(Throttling, NoAcceptedSampleIsSaidPlainlyAndEnds) {
  Bench bench;
  bench.request.method.set_timings({Timing::cold});
  bench.device.sm_clock_mhz = [](int) { return 700.0; };
  const PointPtr point = bench.measure();
  EXPECT_EQ(point->verdict, Verdict::throttled);
  EXPECT_THAT(point->reason, HasSubstr("cold: none of "));
  EXPECT_THAT(point->reason, HasSubstr("--throttle-threshold 35"));
  EXPECT_FALSE(point->cold || point->cold_summary || point->headline());
  ASSERT_NE(point->series_environment(Timing::cold), nullptr);
  EXPECT_GE(point->discarded_samples(), 1);
  EXPECT_TRUE(point->series_environment(Timing::cold)->sm_clocks_mhz.empty());

  bench.request.method.throttle_threshold = 0.35;
  const PointPtr accepted = bench.measure();
  EXPECT_EQ(accepted->verdict, Verdict::pass) << accepted->reason;
  EXPECT_EQ(accepted->headline_sm_clock_mhz(), 700.0);
}

TEST(Throttling, ATechniqueThatWasToSpeakIsNotReplacedInSilence) {
  Bench bench;
  bool cold_is_over = false;
  bench.recorder.on_phase = [&](Phase phase) { cold_is_over = phase == Phase::hot; };
  bench.device.sm_clock_mhz = [&](int) { return cold_is_over ? 1980.0 : 700.0; };
  const PointPtr point = bench.measure();
  EXPECT_FALSE(point->cold);
  EXPECT_TRUE(point->hot);
  EXPECT_EQ(point->verdict, Verdict::throttled);
  EXPECT_THAT(point->reason, HasSubstr("cold: none of "));
}

TEST(Throttling, OneAcceptedSampleIsTooFewToKnowItsSpread) {
  Bench bench;
  bench.request.method.set_timings({Timing::cold});
  bench.device.sm_clock_mhz = [](int call) { return call == 0 ? 1980.0 : 700.0; };
  const PointPtr point = bench.measure();
  ASSERT_TRUE(point->cold);
  EXPECT_EQ(point->cold->size(), 1U);
  EXPECT_EQ(point->verdict, Verdict::noisy);
  EXPECT_THAT(point->reason, HasSubstr("only 1 sample"));
  EXPECT_GE(point->discarded_samples(), 1);
}

TEST(Throttling, AReadingAfterTheSeriesTakesItBack) {
  Bench bench;
  bench.request.method.set_timings({Timing::cold});
  // The first reading is before, the second after the series: that one is hot, and the next calm again.
  bench.device.throttle = [](int reading) -> std::optional<std::uint64_t> { return reading == 1 ? kThermal : 0; };
  bench.request.method.time_limit_s = 5.0;
  bench.request.method.min_samples = bench.request.method.max_samples = 12;
  const PointPtr point = bench.measure();
  EXPECT_EQ(point->verdict, Verdict::pass) << point->reason;
  EXPECT_EQ(point->cold->size(), 12U);
  EXPECT_GE(point->discarded_samples(), 13) << "all before, and those until a calm reading";
  EXPECT_EQ(point->environment.throttle_reasons, kThermal);
  EXPECT_THAT(point->timing_notes.at(0).text, HasSubstr("the device reported hardware thermal slowdown"));
}

TEST(Throttling, ADeviceThatNeverCoolsDownEnds) {
  Bench bench;
  bench.device.throttle = [](int) { return std::optional<std::uint64_t>(kThermal); };
  const PointPtr point = bench.measure();
  EXPECT_EQ(point->verdict, Verdict::throttled);
  EXPECT_THAT(point->reason, HasSubstr("the device reported hardware thermal slowdown"));
  EXPECT_FALSE(point->headline());
}

TEST(Throttling, TheDeviceGetsItsTimeToRecover) {
  Bench bench;
  bench.request.method.set_timings({Timing::cold});
  bench.request.method.throttle_recovery_s = 0.02;
  bench.request.method.time_limit_s = 2.0;
  bench.device.sm_clock_mhz = [](int call) { return call < 3 ? 700.0 : 1980.0; };
  const Stopwatch watch;
  const PointPtr point = bench.measure();
  EXPECT_GE(watch.seconds(), 0.06);
  EXPECT_EQ(point->discarded_samples(), 3);
  EXPECT_EQ(point->verdict, Verdict::pass) << point->reason;
}

/// Tells of itself on any thread.
class ApartDevice final : public FakeDevice {
 public:
  std::atomic<int> told{0};
  std::atomic<std::thread::id> teller;
  bool telemetry_is_apart() const override { return true; }
  device::Telemetry telemetry() override {
    teller = std::this_thread::get_id();
    ++told;
    return telling(0);
  }
};

TEST(ClockWatch, ReadsOnItsOwnThreadWhileASeriesRuns) {
  ApartDevice device;
  ClockWatch watch(std::chrono::milliseconds(1));
  EXPECT_EQ(watch.begin(device).power_w, 300.0);
  EXPECT_EQ(device.teller.load(), std::this_thread::get_id());
  std::vector<device::Telemetry> told;
  const Stopwatch since;
  while (told.size() < 3 && since.seconds() < 30.0) {
    for (const device::Telemetry& each : watch.look(device)) told.push_back(each);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_GE(told.size(), 3U);
  EXPECT_NE(device.teller.load(), std::this_thread::get_id());
  watch.end(device);
  EXPECT_EQ(device.teller.load(), std::this_thread::get_id());
  const int after = device.told;
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(device.told, after) << "and no longer";
}

TEST(ClockWatch, AShortSeriesStartsNoThreadAndTheNextOneTakesItsReading) {
  ApartDevice device;
  ClockWatch watch(std::chrono::hours(1));
  watch.begin(device);
  EXPECT_TRUE(watch.look(device).empty());
  watch.end(device);
  EXPECT_EQ(device.told, 2);
  watch.begin(device);
  EXPECT_EQ(device.told, 2);
}

}  // namespace
}  // namespace knobscope::measure
