#include <algorithm>

#include <gtest/gtest.h>

#include "measure/engine.h"
#include "unit/measure_fake_device.h"

namespace knobscope::measure {
namespace {

struct Bench {
  FakeDevice device;
  Recorder recorder;
  Engine engine{device, nullptr, "1.2.3"};
  Variant variant = sample_variant();
  PointRequest request = sample_request();

  PointPtr measure() { return engine.measure(request, variant, recorder); }
};

TEST(Engine, a_right_kernel_passes_with_everything_recorded) {
  Bench bench;
  const PointPtr point = bench.measure();
  EXPECT_EQ(point->verdict, Verdict::pass) << point->reason;
  EXPECT_EQ(point->request.id, 7);
  EXPECT_EQ(point->variant_title, "Sample");
  EXPECT_EQ(point->source_hash, bench.variant.source_hash);
  EXPECT_EQ(point->compile_log, "one warning");
  EXPECT_EQ(point->compiled.registers, 40);
  EXPECT_EQ(point->compiled.compile_ms, 12.5);
  EXPECT_EQ(point->bytes, compulsory_bytes(bench.request.problem, true));
  EXPECT_EQ(point->modelled_reads, Bytes{64 * 128 * 8});
  ASSERT_TRUE(point->cold && point->hot && point->cold_summary && point->hot_summary);
  EXPECT_DOUBLE_EQ(point->cold_summary->median.count(), 1000.0);
  EXPECT_DOUBLE_EQ(point->hot_summary->median.count(), 500.0);
  EXPECT_EQ(point->cold->size(), static_cast<std::size_t>(bench.device.cold_runs - 1))
      << "every sample is kept, but for the last run, whose outputs are judged";
  EXPECT_EQ(point->hot->size(), static_cast<std::size_t>(bench.device.hot_runs));
  EXPECT_EQ(bench.recorder.cold, *point->cold) << "and was shown live";
  EXPECT_EQ(bench.recorder.hot, *point->hot);
  ASSERT_TRUE(point->error);
  EXPECT_EQ(point->error->outputs.size(), 3U);
  EXPECT_EQ(point->error->outputs.front().output, "y");
  ASSERT_TRUE(point->error->map);
  EXPECT_EQ(point->error->map->tile_rows, std::min(64, kErrorMap.rows));
  EXPECT_EQ(point->error->map->tile_columns, std::min(128, kErrorMap.columns));
  EXPECT_EQ(point->environment.program_version, "1.2.3");
  EXPECT_EQ(point->environment.sm_clock_mhz, 1500.0);
  EXPECT_EQ(point->environment.started_at.size(), std::string("2026-03-01T12:34:56.789Z").size());
  ASSERT_TRUE(point->ceiling);
  EXPECT_DOUBLE_EQ(point->ceiling->copy.value, static_cast<double>(point->ceiling->size.count) / 1e-4);
  ASSERT_EQ(bench.recorder.ceilings.size(), 1U);
  EXPECT_EQ(point->ceiling->write, BytesPerSecond{static_cast<double>(point->ceiling->size.count / 2) / 1e-4});
  ASSERT_TRUE(point->memcpy_fraction());
  EXPECT_DOUBLE_EQ(*point->memcpy_fraction(), point->bandwidth()->value / point->size_ceiling()->memcpy.value);
}

TEST(Engine, phases_come_in_order) {
  Bench bench;
  bench.measure();
  // The device's ceiling, then copies of the problem's own size.
  const std::vector<Phase> expected = {Phase::compile,   Phase::ceiling, Phase::ceiling, Phase::prepare,
                                       Phase::reference, Phase::verify,  Phase::warm_up, Phase::cold,
                                       Phase::hot,       Phase::verify,  Phase::prepare, Phase::reference,
                                       Phase::verify,    Phase::compile, Phase::verify};
  EXPECT_EQ(bench.recorder.phases, expected);
}

TEST(Engine, inputs_and_ceiling_are_made_once_for_all_knobs) {
  Bench bench;
  bench.request.method.recheck = false;
  bench.measure();
  bench.request.knobs["width"] = 4;
  bench.measure();
  EXPECT_EQ(bench.device.references, 1);
  EXPECT_EQ(bench.recorder.ceilings.size(), 1U);
  bench.request.problem.seed = 2;
  bench.measure();
  EXPECT_EQ(bench.device.references, 2);
  bench.request.problem.seed = 1;
  bench.measure();
  EXPECT_EQ(bench.device.references, 2) << "the first problem is still there";
}

TEST(Engine, prepared_problems_go_when_memory_is_short) {
  Bench bench;
  bench.request.method.recheck = false;
  bench.measure();
  // Room for the inputs, outputs and buffers of one problem, which are kept, and not for the inputs of a second one.
  bench.device.capacity = bench.device.in_use + 20'000;
  bench.request.problem.seed = 2;
  EXPECT_EQ(bench.measure()->verdict, Verdict::pass);
  bench.request.problem.seed = 1;
  EXPECT_EQ(bench.measure()->verdict, Verdict::pass);
  EXPECT_EQ(bench.device.references, 3);
  bench.device.capacity = 1000;
  bench.request.problem.seed = 3;
  const PointPtr point = bench.measure();
  EXPECT_EQ(point->verdict, Verdict::failed);
  EXPECT_EQ(point->reason, "out of memory");
}

TEST(Engine, what_does_not_fit_never_runs) {
  Bench bench;
  bench.request.problem.shape = {64, 127};
  const PointPtr point = bench.measure();
  EXPECT_EQ(point->verdict, Verdict::unfit);
  EXPECT_NE(point->reason.find("rows must divide into vectors"), std::string::npos) << point->reason;
  EXPECT_EQ(bench.device.runs, 0);
  EXPECT_FALSE(point->error);
  EXPECT_FALSE(point->cold_summary);
}

TEST(Engine, a_mistake_in_the_file_or_the_request_is_a_failure) {
  Bench bench;
  bench.variant.launches[0].grid[0] = "rosw";
  EXPECT_EQ(bench.measure()->verdict, Verdict::failed);
  bench.variant = sample_variant();
  bench.request.knobs["width"] = 3;
  EXPECT_EQ(bench.measure()->verdict, Verdict::failed);
  bench.request = sample_request();
  bench.request.problem.shape = {0, 4};
  EXPECT_EQ(bench.measure()->verdict, Verdict::failed);
  bench.request = sample_request();
  bench.variant.device = DeviceKind::cuda;
  EXPECT_EQ(bench.measure()->verdict, Verdict::failed);
  bench.variant = sample_variant();
  std::erase(bench.variant.launches[0].arguments, "y");
  const PointPtr point = bench.measure();
  EXPECT_EQ(point->verdict, Verdict::failed);
  EXPECT_NE(point->reason.find("'y'"), std::string::npos) << point->reason;
  EXPECT_EQ(bench.device.runs, 0);
}

TEST(Engine, a_compile_error_keeps_its_log) {
  Bench bench;
  bench.device.on_compile = [] { throw device::CompileError("line 3: expected ';'", "the whole\nlog"); };
  const PointPtr point = bench.measure();
  EXPECT_EQ(point->verdict, Verdict::failed);
  EXPECT_EQ(point->reason, "line 3: expected ';'");
  EXPECT_EQ(point->compile_log, "the whole\nlog");
}

TEST(Engine, a_lost_device_is_told) {
  Bench bench;
  bench.device.on_run = [](int) { throw device::DeviceLost("an illegal memory access was encountered"); };
  EXPECT_EQ(bench.measure()->verdict, Verdict::failed);
  EXPECT_TRUE(bench.engine.device_lost());
}

TEST(Engine, a_wrong_kernel_is_timed_and_labelled) {
  Bench bench;
  bench.device.error = [](const TensorInfo& tensor, int) {
    OutputError bad;
    bad.output = tensor.name;
    bad.elements = 8192;
    if (tensor.name == "y") {
      bad.failing = 1;
      bad.first_bad = 130;
      bad.first_bad_value = 1.0;
      bad.first_bad_reference = 2.0;
    }
    return bad;
  };
  const PointPtr point = bench.measure();
  EXPECT_EQ(point->verdict, Verdict::wrong);
  EXPECT_EQ(point->reason, "y differs in 1 of 8 192 elements; first at [row 1, column 2]: 1, expected 2");
  EXPECT_TRUE(point->cold_summary);
}

TEST(Engine, right_at_first_and_wrong_later_is_caught) {
  Bench bench;
  bench.device.error = [](const TensorInfo& tensor, int compares) {
    OutputError error;
    error.output = tensor.name;
    error.elements = 8192;
    error.failing = compares >= 3 && tensor.name == "y" ? 5 : 0;
    return error;
  };
  const PointPtr point = bench.measure();
  EXPECT_EQ(point->verdict, Verdict::wrong);
  EXPECT_EQ(point->reason, "right before timing, wrong after (the last timed run): y differs in 5 of 8 192 elements");
  EXPECT_EQ(point->error->outputs.front().failing, 5);
}

TEST(Engine, a_changed_input_is_found_and_not_used_again) {
  Bench bench;
  bench.request.method.recheck = false;
  bench.device.on_run = [&](int) { static_cast<char*>(bench.device.inputs["gamma"]->data())[5] = 9; };
  const PointPtr point = bench.measure();
  EXPECT_EQ(point->verdict, Verdict::wrong);
  EXPECT_EQ(point->reason, "gamma was changed by the kernel");
  EXPECT_TRUE(point->error->inputs_changed);
  bench.device.on_run = [](int) {};
  EXPECT_EQ(bench.measure()->verdict, Verdict::pass) << "the next variant gets fresh inputs";
  EXPECT_EQ(bench.device.references, 2);
}

TEST(Engine, a_damaged_guard_names_its_buffer) {
  Bench bench;
  bench.device.on_run = [&](int) { dynamic_cast<FakeBuffer&>(*bench.device.inputs["beta"]).damaged = true; };
  EXPECT_EQ(bench.measure()->reason, "wrote outside the bounds of beta");
}

TEST(Engine, faster_than_the_memory) {
  Bench bench;
  bench.device.facts_.peak_bandwidth = BytesPerSecond{1e9};
  EXPECT_EQ(bench.measure()->verdict, Verdict::invalid);
}

TEST(Engine, noise) {
  Bench bench;
  bench.device.cold_ns = [](int run) { return run % 2 == 0 ? 1000.0 : 2000.0; };
  bench.request.method.max_samples = 50;
  const PointPtr point = bench.measure();
  EXPECT_EQ(point->verdict, Verdict::noisy);
  EXPECT_EQ(point->cold->size(), 50U);
}

TEST(Engine, a_cancel_ends_it_without_a_point) {
  for (const Phase when :
       {Phase::compile, Phase::ceiling, Phase::prepare, Phase::verify, Phase::warm_up, Phase::cold, Phase::hot}) {
    Bench bench;
    bench.recorder.on_phase = [&](Phase phase) {
      if (phase == when) bench.engine.stop(true);
    };
    EXPECT_THROW(bench.measure(), device::Cancelled) << name_of(when);
    EXPECT_TRUE(bench.device.stopped);
    bench.recorder.on_phase = nullptr;
    bench.engine.stop(false);
    EXPECT_EQ(bench.measure()->verdict, Verdict::pass) << "after a cancel during " << name_of(when);
  }
}

TEST(Engine, a_cancelled_kernel_that_changed_an_input_does_not_spoil_the_next) {
  Bench bench;
  bench.request.method.recheck = false;
  bench.device.on_run = [&](int) { static_cast<char*>(bench.device.inputs["x"]->data())[0] = 77; };
  bench.recorder.on_phase = [&](Phase phase) {
    if (phase == Phase::cold) bench.engine.stop(true);
  };
  EXPECT_THROW(bench.measure(), device::Cancelled);
  bench.device.on_run = [](int) {};
  bench.recorder.on_phase = nullptr;
  bench.engine.stop(false);
  EXPECT_EQ(bench.measure()->verdict, Verdict::pass);
  EXPECT_EQ(bench.device.references, 2);
}

TEST(Engine, a_failed_kernel_that_changed_an_input_does_not_spoil_the_next) {
  Bench bench;
  bench.request.method.recheck = false;
  bench.device.on_run = [&](int run) {
    static_cast<char*>(bench.device.inputs["x"]->data())[0] = 77;
    if (run > 2) throw std::runtime_error("an error of no known kind");
  };
  const PointPtr point = bench.measure();
  EXPECT_EQ(point->verdict, Verdict::failed);
  EXPECT_EQ(point->reason, "an error of no known kind");
  bench.device.on_run = [](int) {};
  EXPECT_EQ(bench.measure()->verdict, Verdict::pass);
  EXPECT_EQ(bench.device.references, 2);
}

TEST(Engine, no_timing_wanted_still_judges) {
  Bench bench;
  bench.request.method.time_cold = bench.request.method.time_hot = false;
  const PointPtr point = bench.measure();
  EXPECT_EQ(point->verdict, Verdict::pass);
  EXPECT_EQ(bench.device.runs, 1);
  EXPECT_FALSE(point->headline());
}

TEST(Engine, no_room_for_a_ceiling_is_noted_and_survived) {
  Bench bench;
  bench.device.capacity = 300'000;
  bench.device.copy_ns = 1000.0;  // those of the problem's size find room, and bound what is believed
  const PointPtr point = bench.measure();
  EXPECT_EQ(point->verdict, Verdict::pass) << point->reason;
  EXPECT_FALSE(point->ceiling);
  EXPECT_EQ(bench.recorder.notes.size(), 1U);
}

}  // namespace
}  // namespace knobscope::measure
