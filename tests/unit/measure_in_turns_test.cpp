// Two points timed in turns by the engine: who runs when, what is judged, and whom a failure is told of.

#include <algorithm>

#include <gtest/gtest.h>

#include "core/in_turns.h"
#include "measure/engine.h"
#include "unit/measure_fake_device.h"

namespace knobscope::measure {
namespace {

struct Bench {
  Bench() {
    request.against = Against{rival.id, {{"width", 4}}};
    request.method.max_samples = 40;
  }

  FakeDevice device;
  Recorder recorder;
  Engine engine{device, nullptr, "1.2.3"};
  Variant variant = sample_variant();
  Variant rival = [] {
    Variant other = sample_variant();
    other.id = "layernorm_forward/02_rival.cpp";
    other.name = "rival";
    other.title = "Rival";
    other.source_hash = "ffff";
    return other;
  }();
  PointRequest request = sample_request();

  PointPtr measure() { return engine.measure_in_turns(request, variant, rival, recorder); }
};

/// Whose turn the n-th cold run is: A B, B A, A B, …
bool is_points(int run) { return run % 4 == 0 || run % 4 == 3; }

TEST(InTurns, samples_alternate_and_belong_to_the_one_that_ran) {
  Bench bench;
  bench.device.cold_ns = [](int run) { return is_points(run) ? 1000.0 : 1500.0; };
  const PointPtr point = bench.measure();
  EXPECT_EQ(point->verdict, Verdict::pass) << point->reason;
  ASSERT_TRUE(point->rival);
  EXPECT_EQ(point->rival->verdict, Verdict::pass) << point->rival->reason;
  EXPECT_EQ(point->rival->variant_name, "rival");
  EXPECT_EQ(point->rival->variant_title, "Rival");
  EXPECT_EQ(point->rival->source_hash, "ffff");
  EXPECT_EQ(point->rival->timing, Timing::cold);
  ASSERT_TRUE(point->cold && point->rival->samples);
  EXPECT_EQ(point->cold->size(), point->rival->samples->size());
  EXPECT_DOUBLE_EQ(point->cold_summary->median.count(), 1000.0);
  EXPECT_DOUBLE_EQ(point->rival->summary->median.count(), 1500.0);
  EXPECT_FALSE(point->hot) << "the other would have been in the cache";
  EXPECT_EQ(bench.recorder.cold, *point->cold) << "shown live";
  EXPECT_EQ(compare_in_turns(point).comparison.change, Change::slower);
}

TEST(InTurns, runs_take_turns_one_by_one) {
  Bench bench;
  bench.request.method.recheck = false;
  std::vector<const device::Work*> cold;
  bench.device.cold_ns = [&](int) {
    cold.push_back(bench.device.works.back());
    return 1000.0;
  };
  bench.measure();
  ASSERT_GE(cold.size(), 12U);
  EXPECT_NE(cold[0], cold[1]);
  // The last two are the checks of what they leave.
  for (std::size_t i = 0; i + 2 < cold.size(); ++i) EXPECT_EQ(cold[i] == cold[0], is_points(static_cast<int>(i))) << i;
}

TEST(InTurns, both_run_on_the_same_buffers) {
  Bench bench;
  std::vector<std::vector<const void*>> buffers;
  bench.device.on_run = [&](int) {
    std::vector<const void*>& of_run = buffers.emplace_back();
    for (const device::Argument& each : bench.device.works.back()->launches.front().arguments) {
      if (each.kind == device::Argument::Kind::pointer) of_run.push_back(each.pointer);
    }
  };
  bench.measure();
  EXPECT_EQ(buffers.front().size(), 7U);
  EXPECT_EQ(std::ranges::count(buffers, buffers.front()), static_cast<std::ptrdiff_t>(buffers.size()));
}

TEST(InTurns, who_comes_first_in_a_pair_takes_turns_too) {
  Bench bench;
  bench.request.method.min_samples = bench.request.method.max_samples = 40;
  // Whatever runs first in a pair is slower.
  bench.device.cold_ns = [](int run) { return run % 2 == 0 ? 1050.0 : 1000.0; };
  const Comparison compared = compare_in_turns(bench.measure()).comparison;
  EXPECT_NE(compared.change, Change::faster);
  EXPECT_NE(compared.change, Change::slower);
}

TEST(InTurns, a_drifting_clock_is_no_difference) {
  Bench bench;
  bench.request.method.min_samples = bench.request.method.max_samples = 60;
  bench.device.cold_ns = [](int run) { return 100'000.0 * (1.0 + 0.002 * run) + 37.0 * (run % 5); };
  const PointPtr point = bench.measure();
  EXPECT_EQ(compare_in_turns(point).comparison.change, Change::same);
  // The same runs one after the other would have been.
  const std::vector<double>& base = *point->cold;
  const std::span<const double> all(base);
  EXPECT_EQ(compare_times(all.first(30), all.last(30)).change, Change::slower);
}

TEST(InTurns, each_is_judged_before_and_after) {
  Bench bench;
  // Three outputs each: of the point, of the rival.
  bench.device.error = [](const TensorInfo& tensor, int compares) {
    OutputError error;
    error.output = tensor.name;
    error.elements = 8192;
    error.failing = compares >= 3 && compares < 6 && tensor.name == "y" ? 5 : 0;
    return error;
  };
  const PointPtr point = bench.measure();
  EXPECT_EQ(point->verdict, Verdict::pass);
  EXPECT_EQ(point->rival->verdict, Verdict::wrong);
  EXPECT_EQ(point->rival->reason, "y differs in 5 of 8 192 elements");
  EXPECT_FALSE(point->cold) << "a wrong one is no match";
  EXPECT_EQ(compare_in_turns(point).reason,
            "B is wrong: y differs in 5 of 8 192 elements; there is nothing to compare");
}

TEST(InTurns, one_that_is_wrong_after_timing_is_found_whichever_it_is) {
  for (const bool is_rival : {false, true}) {
    Bench bench;
    bench.device.error = [&](const TensorInfo& tensor, int) {
      const bool timed = bench.device.cold_runs > 0;
      // The work of the rival reads four at a time: its program was compiled second.
      const bool rivals = bench.device.works.back() != bench.device.works.front();
      OutputError error;
      error.output = tensor.name;
      error.elements = 8192;
      error.failing = timed && rivals == is_rival && tensor.name == "y" ? 5 : 0;
      return error;
    };
    const PointPtr point = bench.measure();
    EXPECT_EQ(point->verdict == Verdict::wrong, !is_rival) << point->reason;
    EXPECT_EQ(point->rival->verdict == Verdict::wrong, is_rival) << point->rival->reason;
  }
}

TEST(InTurns, what_does_not_fit_is_told_of_its_own) {
  Bench bench;
  bench.rival.requirements = {{"columns % 1000 == 0", "rows must be thousands"}};
  const PointPtr point = bench.measure();
  EXPECT_EQ(point->verdict, Verdict::pass) << "right, and not timed";
  EXPECT_EQ(point->rival->verdict, Verdict::unfit);
  EXPECT_FALSE(point->rival->samples || point->cold);
}

TEST(InTurns, a_failure_in_its_turn_is_its_own) {
  for (const bool is_rival : {false, true}) {
    Bench bench;
    bench.device.on_run = [&](int) {
      if (bench.device.cold_runs < 6) return;
      const bool rivals = bench.device.works.back() != bench.device.works.front();
      if (rivals == is_rival) throw device::DeviceError("too many resources requested for launch");
    };
    const PointPtr point = bench.measure();
    const Verdict expected = Verdict::failed;
    EXPECT_EQ(is_rival ? point->rival->verdict : point->verdict, expected);
    EXPECT_NE(is_rival ? point->verdict : point->rival->verdict, expected);
  }
}

TEST(InTurns, a_lost_device_ends_both) {
  Bench bench;
  bench.device.on_run = [](int) { throw device::DeviceLost("an illegal memory access was encountered"); };
  const PointPtr point = bench.measure();
  EXPECT_TRUE(bench.engine.device_lost());
  EXPECT_EQ(point->verdict, Verdict::failed);
  EXPECT_EQ(point->rival->verdict, Verdict::failed);
}

TEST(InTurns, an_input_that_one_changes_is_not_the_others) {
  Bench bench;
  bench.device.on_run = [&](int run) {
    if (run == 0) static_cast<char*>(bench.device.inputs["gamma"]->data())[5] = 9;
  };
  const PointPtr point = bench.measure();
  EXPECT_EQ(point->reason, "gamma was changed by the kernel");
  EXPECT_EQ(point->rival->verdict, Verdict::pass) << point->rival->reason;
}

TEST(InTurns, wall_and_graph_can_take_turns_and_hot_cannot) {
  for (const Timing timing : {Timing::wall, Timing::graph, Timing::hot}) {
    Bench bench;
    bench.request.method.set_timings({timing});
    const PointPtr point = bench.measure();
    if (timing == Timing::hot) {
      EXPECT_FALSE(point->hot);
      ASSERT_EQ(point->timing_notes.size(), 1U);
      EXPECT_NE(compare_in_turns(point).reason.find("cannot take turns"), std::string::npos);
      continue;
    }
    EXPECT_EQ(point->rival->timing, timing);
    ASSERT_TRUE(point->samples(timing)) << name_of(timing);
    EXPECT_EQ(compare_in_turns(point).comparison.change, Change::same) << name_of(timing);
  }
}

TEST(InTurns, it_ends_when_both_are_known_well_enough) {
  Bench bench;
  bench.request.method.max_samples = 2000;
  bench.request.method.time_limit_s = 5.0;
  // The point is constant; its rival needs more samples than the fewest.
  bench.device.cold_ns = [](int run) { return is_points(run) ? 1000.0 : 1000.0 + 13.0 * (run / 2 % 7); };
  const std::size_t count = bench.measure()->cold->size();
  EXPECT_GT(count, static_cast<std::size_t>(bench.request.method.min_samples));
  EXPECT_LT(count, 2000U);
}

TEST(InTurns, a_cancel_ends_it_without_a_point) {
  for (const Phase when : {Phase::compile, Phase::verify, Phase::warm_up, Phase::cold}) {
    Bench bench;
    bench.recorder.on_phase = [&](Phase phase) {
      if (phase == when) bench.engine.stop(true);
    };
    EXPECT_THROW(bench.measure(), device::Cancelled) << name_of(when);
    bench.recorder.on_phase = nullptr;
    bench.engine.stop(false);
    EXPECT_EQ(bench.measure()->verdict, Verdict::pass) << name_of(when);
  }
}

TEST(InTurns, what_is_played_is_judged_and_not_timed) {
  EmulatedFake device;
  Recorder recorder;
  Engine engine{device, nullptr, "1.2.3"};
  Variant variant = sample_variant();
  variant.id = "layernorm_forward/01_sample.cu";
  variant.device = DeviceKind::cuda;
  variant.deterministic = false;
  std::erase(variant.launches[0].arguments, "block_index");
  PointRequest request = sample_request();
  request.device = "emulated";
  request.variant = variant.id;
  request.against = Against{variant.id, {{"width", 1}}};
  const PointPtr point = engine.measure_in_turns(request, variant, variant, recorder);
  EXPECT_EQ(point->verdict, Verdict::pass) << point->reason;
  EXPECT_EQ(point->rival->verdict, Verdict::pass) << point->rival->reason;
  EXPECT_EQ(device.timings, 0);
  EXPECT_NE(compare_in_turns(point).reason.find("has no times"), std::string::npos);
}

}  // namespace
}  // namespace knobscope::measure
