// Each technique of the method on a device whose times are known: what it runs, on which buffers, and what is said
// where it cannot be.

#include <algorithm>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "measure/engine.h"
#include "measure/rotating.h"
#include "unit/measure_fake_device.h"

namespace knobscope::measure {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Bench {
  FakeDevice device;
  Recorder recorder;
  Engine engine{device, nullptr, "1.2.3"};
  Variant variant = sample_variant();
  PointRequest request = sample_request();

  explicit Bench(const std::vector<Timing>& timings) {
    request.method.set_timings(timings);
    device.facts_.last_level_cache = {1 << 18};  // about three times what a run touches
  }
  PointPtr measure() { return engine.measure(request, variant, recorder); }
  std::vector<Phase> timing_phases() const {
    std::vector<Phase> phases;
    std::ranges::copy_if(recorder.phases, std::back_inserter(phases),
                         [](Phase phase) { return timing_of(phase).has_value(); });
    return phases;
  }
};

std::string note_of(const Point& point, Timing timing) {
  const auto note = std::ranges::find(point.timing_notes, timing, &TimingNote::timing);
  return note == point.timing_notes.end() ? std::string() : note->text;
}

TEST(Timing, EachTechniqueHasItsOwnSamplesAndItsOwnName) {
  Bench bench({kTimings.begin(), kTimings.end()});
  const PointPtr point = bench.measure();
  EXPECT_EQ(point->verdict, Verdict::pass) << point->reason;
  EXPECT_THAT(point->timing_notes, testing::IsEmpty());
  EXPECT_THAT(bench.timing_phases(), ElementsAre(Phase::cold, Phase::rotating, Phase::hot, Phase::graph, Phase::wall));
  const std::map<Timing, double> expected = {{Timing::cold, 1000.0},
                                             {Timing::rotating, 500.0},
                                             {Timing::hot, 500.0},
                                             {Timing::graph, 400.0},
                                             {Timing::wall, 6000.0}};
  for (const auto& [timing, median] : expected) {
    ASSERT_TRUE(point->samples(timing) && point->summary(timing)) << name_of(timing);
    EXPECT_DOUBLE_EQ(point->summary(timing)->median.count(), median) << name_of(timing);
    EXPECT_GE(point->samples(timing)->size(), static_cast<std::size_t>(bench.request.method.min_samples));
  }
  for (const Timing timing : {Timing::rotating, Timing::graph, Timing::wall}) {
    EXPECT_EQ(bench.recorder.other[phase_of(timing)], *point->samples(timing)) << "and was shown live";
  }
  EXPECT_EQ(point->headline_timing(), Timing::cold);
}

TEST(Timing, NoTechniqueStandsInForAnother) {
  for (const Timing timing : kTimings) {
    Bench bench({timing});
    const PointPtr point = bench.measure();
    EXPECT_EQ(point->verdict, Verdict::pass) << point->reason;
    EXPECT_EQ(point->headline_timing(), timing);
    for (const Timing other : kTimings) {
      EXPECT_EQ(point->samples(other) != nullptr, other == timing) << name_of(timing) << ", " << name_of(other);
      EXPECT_EQ(point->summary(other).has_value(), other == timing) << name_of(timing) << ", " << name_of(other);
    }
    EXPECT_THAT(bench.timing_phases(), ElementsAre(phase_of(timing)));
  }
}

TEST(Timing, EachTechniqueStopsByTheSameRule) {
  for (const Timing timing : kTimings) {
    Bench bench({timing});
    bench.request.method.min_samples = 17;
    bench.request.method.max_samples = 17;
    bench.request.method.time_limit_s = 10.0;
    EXPECT_EQ(bench.measure()->samples(timing)->size(), 17U) << name_of(timing);
  }
}

TEST(Timing, EachTechniqueCanBeCancelled) {
  for (const Timing timing : kTimings) {
    Bench bench({timing});
    bench.recorder.on_phase = [&](Phase phase) {
      if (phase == phase_of(timing)) bench.engine.stop(true);
    };
    EXPECT_THROW(bench.measure(), device::Cancelled) << name_of(timing);
    bench.recorder.on_phase = nullptr;
    bench.engine.stop(false);
    const PointPtr point = bench.measure();
    EXPECT_EQ(point->verdict, Verdict::pass) << "after a cancel during " << name_of(timing);
  }
}

TEST(Timing, ARotationTakesTheCopiesInTurn) {
  Bench bench({Timing::rotating});
  bench.request.method.min_samples = bench.request.method.max_samples = 40;
  const PointPtr point = bench.measure();
  ASSERT_TRUE(point->rotating) << note_of(*point, Timing::rotating);
  const std::int64_t footprint = 2 * 64 * 128 * 4 + 2 * 128 * 4 + 3 * 64 * 4;
  const std::int64_t copies = rotating_copies(Bytes{footprint}, bench.device.facts_.last_level_cache);
  ASSERT_EQ(copies, 12);
  // Between the first check with its warm-up and the second check of each copy, the works go round and round.
  const auto& works = bench.device.works;
  const auto begin = std::ranges::find_if(works, [&](const device::Work* work) { return work != works.front(); }) - 1;
  std::set<const device::Work*> seen;
  for (std::ptrdiff_t i = 0; i < 40; ++i) {
    seen.insert(begin[i]);
    EXPECT_EQ(begin[i], begin[i + copies]) << i;
    EXPECT_NE(begin[i], begin[i + 1]) << i;
  }
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(copies));
}

TEST(Timing, TheCopiesTakeThreeTimesTheCacheAndGoAfterwards) {
  EXPECT_EQ(rotating_copies(Bytes{100}, Bytes{1000}), 30);
  EXPECT_EQ(rotating_copies(Bytes{101}, Bytes{1000}), 30) << "rounded up";
  EXPECT_EQ(rotating_copies(Bytes{1'000'000}, Bytes{1000}), 2) << "one run leaves the end of its data for the next";
  EXPECT_EQ(rotating_copies(Bytes{0}, Bytes{1000}), 3000);
  Bench bench({Timing::rotating});
  std::int64_t most = 0;
  bench.device.on_run = [&](int) { most = std::max(most, bench.device.in_use); };
  bench.measure();
  const std::int64_t kept = bench.device.in_use;
  EXPECT_GE(most, 3 * bench.device.facts_.last_level_cache.count);
  EXPECT_LT(kept, most / 3);
}

TEST(Timing, CopiesAreCheckedToo) {
  Bench bench({Timing::rotating});
  // Right on the original: as a kernel that keeps a pointer of its first launch.
  bench.device.error = [](const TensorInfo& tensor, int compares) {
    OutputError error;
    error.output = tensor.name;
    error.elements = 8192;
    error.failing = tensor.name == "y" && compares >= 6 && compares < 9 ? 5 : 0;
    return error;
  };
  const PointPtr point = bench.measure();
  EXPECT_EQ(point->verdict, Verdict::wrong);
  EXPECT_EQ(point->reason, "right at first, but on another copy of its tensors y differs in 5 of 8 192 elements");
  EXPECT_EQ(point->error->outputs.front().failing, 5);
}

TEST(Timing, AKernelThatWritesOneCopysInputsIsFound) {
  Bench bench({Timing::rotating});
  bench.device.on_run = [&](int run) {
    if (run < 10) return;
    const device::Work& work = *bench.device.works.back();
    for (const device::Argument& each : work.launches.front().arguments) {
      if (each.text == "gamma" && &work != bench.device.works.front()) static_cast<char*>(each.pointer)[0] = 9;
    }
  };
  const PointPtr point = bench.measure();
  EXPECT_EQ(point->verdict, Verdict::wrong);
  EXPECT_THAT(point->reason, HasSubstr("on another copy of its tensors gamma was changed"));
}

TEST(Timing, ARotationThatCannotBeIsToldAndTheOthersAreTaken) {
  const auto measured = [](const std::function<void(Bench&)>& change) {
    Bench bench({Timing::rotating, Timing::hot});
    change(bench);
    PointPtr point = bench.measure();
    EXPECT_EQ(point->verdict, Verdict::pass) << point->reason;
    EXPECT_FALSE(point->rotating || point->rotating_summary);
    EXPECT_EQ(point->headline_timing(), Timing::hot);
    return note_of(*point, Timing::rotating);
  };
  EXPECT_THAT(measured([](Bench& bench) { bench.device.facts_.last_level_cache = {1 << 24}; }),
              HasSubstr("at most 512 are made: choose a larger shape"));
  EXPECT_THAT(measured([](Bench& bench) { bench.device.facts_.last_level_cache = {}; }), HasSubstr("is not known"));
  EXPECT_THAT(measured([](Bench& bench) { bench.device.facts_.memory = {1 << 20}; }),
              HasSubstr("more than half of the device's memory: choose a smaller shape"));
  EXPECT_THAT(measured([](Bench& bench) { bench.device.capacity = 600'000; }),
              HasSubstr("there is no room for 12 copies of 0.0673 MB: out of memory"));
}

TEST(Timing, AGraphHasTwentyRunsAndASampleIsOneOfThem) {
  Bench bench({Timing::graph});
  const PointPtr point = bench.measure();
  ASSERT_TRUE(point->graph);
  EXPECT_EQ(bench.device.captured_runs, kRunsPerGraph);
  EXPECT_GE(kRunsPerGraph, 20);
  EXPECT_EQ(bench.device.replays, static_cast<int>(point->graph->size()) + 1) << "one is not counted";
  EXPECT_DOUBLE_EQ(point->graph_summary->median.count(), 400.0);
}

TEST(Timing, WhatCannotBeCapturedIsToldAndTheOthersAreTaken) {
  Bench bench({Timing::cold, Timing::graph, Timing::wall});
  bench.device.uncapturable = "a CPU has no graphs";
  const PointPtr point = bench.measure();
  EXPECT_EQ(point->verdict, Verdict::pass) << point->reason;
  EXPECT_FALSE(point->graph || point->graph_summary);
  EXPECT_TRUE(point->cold_summary && point->wall_summary);
  EXPECT_THAT(point->timing_notes, ElementsAre(TimingNote{Timing::graph, "a CPU has no graphs"}));
}

TEST(Timing, AReplayThatLooksLikeAHangIsNotTried) {
  Bench bench({Timing::graph});
  bench.request.method.launch_limit_s = 3.0;
  bench.device.hot_ns = [](int) { return 0.1e9; };  // 20 of them: 2 s
  const PointPtr point = bench.measure();
  EXPECT_EQ(bench.device.replays, 0);
  EXPECT_EQ(note_of(*point, Timing::graph),
            "a replay of 20 runs would take 2 s, more than half of the launch limit of 3 s");
}

TEST(Timing, APointThatNothingCouldTimeSaysWhy) {
  Bench bench({Timing::graph});
  bench.device.uncapturable = "it cannot be captured: it synchronises";
  const PointPtr point = bench.measure();
  EXPECT_EQ(point->verdict, Verdict::pass) << "its outputs are right";
  EXPECT_FALSE(point->headline());
  EXPECT_FALSE(point->headline_timing());
  EXPECT_EQ(point->timing_notes.size(), 1U);
}

TEST(Timing, LaunchLatencyInColdSamplesIsTold) {
  Bench bench({Timing::cold, Timing::hot});
  bench.recorder.on_phase = [&](Phase phase) {
    if (phase == Phase::warm_up) bench.device.exposed_launches = 99;  // before it: not the point's
    if (phase == Phase::cold) bench.device.exposed_launches = 2;
  };
  const PointPtr point = bench.measure();
  ASSERT_EQ(point->timing_notes.size(), 1U);
  EXPECT_EQ(point->timing_notes.front().timing, Timing::cold);
  EXPECT_THAT(point->timing_notes.front().text, HasSubstr("2 of "));
  EXPECT_TRUE(point->cold_summary) << "they are shown all the same";
}

}  // namespace
}  // namespace knobscope::measure
