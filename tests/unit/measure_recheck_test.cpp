// A kernel that was right once is judged again: what each of the later checks brings to light, and what it leaves.

#include <algorithm>
#include <limits>

#include <gtest/gtest.h>

#include "measure/engine.h"
#include "measure/play_orders.h"
#include "measure/recheck.h"
#include "unit/measure_fake_device.h"

namespace knobscope::measure {
namespace {

/// `Device` is a FakeDevice.
template <class Device>
struct Lab {
  Device device;
  Recorder recorder;
  Engine engine{device, nullptr, "1.2.3"};
  Variant variant = sample_variant();
  PointRequest request = sample_request();

  /// The kernel's y is wrong whenever `is_wrong` says so of the moment at which it is looked at.
  explicit Lab(std::function<bool(const Device&)> is_wrong = [](const Device&) { return false; }) {
    device.error = [this, is_wrong](const TensorInfo& tensor, int) {
      OutputError error;
      error.output = tensor.name;
      error.elements = 8192;
      error.unwritten = tensor.name == "y" && is_wrong(device) ? 7 : 0;
      return error;
    };
  }
  PointPtr measure() { return engine.measure(request, variant, recorder); }
};

using TimedLab = Lab<FakeDevice>;

TEST(Recheck, a_kernel_that_leaves_out_its_work_after_some_launches) {
  TimedLab lab([](const FakeDevice& device) { return device.runs > 15; });
  const PointPtr point = lab.measure();
  EXPECT_EQ(point->verdict, Verdict::wrong);
  EXPECT_EQ(point->reason, "right before timing, wrong after (the last timed run): 7 elements of y never written");
  EXPECT_EQ(point->error->outputs.front().unwritten, 7);
  EXPECT_TRUE(point->cold_summary) << "it is shown what it claimed";
}

TEST(Recheck, the_last_timed_run_is_judged_as_it_was_timed) {
  TimedLab lab;
  lab.request.method.recheck = false;
  lab.measure();
  EXPECT_EQ(lab.device.cold_runs, static_cast<int>(lab.recorder.cold.size()) + 1);
  EXPECT_EQ(lab.device.compiles, 1);
  EXPECT_EQ(lab.device.filled_seed, 1U);
}

TEST(Recheck, a_kernel_that_is_right_for_the_first_inputs_only) {
  TimedLab lab([](const FakeDevice& device) { return device.filled_seed != 1; });
  EXPECT_EQ(lab.measure()->reason,
            "right before timing, wrong after (on inputs of seed 2): 7 elements of y never written");
  EXPECT_EQ(lab.device.compiles, 1) << "nothing more is to be learned";
  lab.request.method.recheck = false;
  EXPECT_EQ(lab.measure()->verdict, Verdict::pass) << "without the checks nobody would know";
}

TEST(Recheck, a_kernel_that_lives_on_what_its_module_remembers) {
  TimedLab lab([](const FakeDevice& device) { return device.compiles > 1; });
  EXPECT_EQ(lab.measure()->reason,
            "right before timing, wrong after (on inputs of seed 2, loaded anew): 7 elements of y never written");
}

TEST(Recheck, the_other_inputs_lie_where_the_first_ones_did) {
  TimedLab lab;
  const void* first = nullptr;
  const void* last = nullptr;
  lab.device.on_run = [&](int run) {
    (run == 0 ? first : last) = lab.device.works.back()->launches.front().arguments.front().pointer;
  };
  EXPECT_EQ(lab.measure()->verdict, Verdict::pass);
  EXPECT_EQ(lab.device.filled_seed, 2U);
  EXPECT_EQ(first, last);
}

TEST(Recheck, the_next_point_gets_the_problems_own_inputs_and_no_new_reference) {
  std::vector<std::uint64_t> seeds;
  TimedLab lab;
  lab.device.on_run = [&](int) {
    if (seeds.empty() || seeds.back() != lab.device.filled_seed) seeds.push_back(lab.device.filled_seed);
  };
  for (int point = 0; point < 3; ++point) EXPECT_EQ(lab.measure()->verdict, Verdict::pass);
  EXPECT_EQ(seeds, (std::vector<std::uint64_t>{1, 2, 1, 2, 1, 2}));
  EXPECT_EQ(lab.device.references, 2);
}

TEST(Recheck, an_input_that_is_changed_late_is_found_and_not_used_again) {
  TimedLab lab;
  lab.device.on_run = [&](int) {
    if (lab.device.compiles == 2) static_cast<char*>(lab.device.inputs["gamma"]->data())[5] = 9;
  };
  EXPECT_EQ(lab.measure()->reason,
            "right before timing, wrong after (on inputs of seed 2, loaded anew): gamma was changed by the kernel");
  lab.device.on_run = [](int) {};
  EXPECT_EQ(lab.measure()->verdict, Verdict::pass);
}

TEST(Recheck, a_cancel_in_the_midst_of_it_does_not_spoil_the_next) {
  for (const Phase when : {Phase::prepare, Phase::reference, Phase::verify, Phase::compile}) {
    TimedLab lab;
    bool timed = false;
    lab.recorder.on_phase = [&](Phase phase) {
      timed = timed || phase == Phase::hot;
      if (timed && phase == when) lab.engine.stop(true);
    };
    EXPECT_THROW(lab.measure(), device::Cancelled) << name_of(when);
    lab.recorder.on_phase = nullptr;
    lab.engine.stop(false);
    std::uint64_t first_seed = 0;
    lab.device.on_run = [&](int) { first_seed = first_seed == 0 ? lab.device.filled_seed : first_seed; };
    EXPECT_EQ(lab.measure()->verdict, Verdict::pass) << name_of(when);
    EXPECT_EQ(first_seed, 1U) << name_of(when);
  }
}

TEST(Recheck, the_largest_seed_has_a_next_one) {
  TimedLab lab;
  lab.request.problem.seed = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(lab.measure()->verdict, Verdict::pass);
  EXPECT_EQ(lab.device.filled_seed, 0U);
}

TEST(Recheck, what_was_wrong_already_is_not_looked_at_again) {
  TimedLab lab([](const FakeDevice&) { return true; });
  EXPECT_EQ(lab.measure()->reason, "7 elements of y never written");
  EXPECT_EQ(lab.device.compiles, 1);
  EXPECT_EQ(lab.device.filled_seed, 1U);
}

struct PlayLab : Lab<EmulatedFake> {
  explicit PlayLab(std::function<bool(const EmulatedFake&)> is_wrong) : Lab<EmulatedFake>(std::move(is_wrong)) {
    variant.id = request.variant = "layernorm_forward/01_sample.cu";
    variant.device = DeviceKind::cuda;
    variant.deterministic = false;
    std::erase(variant.launches[0].arguments, "block_index");
    request.device = "emulated";
  }
};

TEST(Recheck, what_is_played_is_played_on_other_inputs_too) {
  PlayLab lab([](const EmulatedFake& device) { return device.filled_seed != 1; });
  const PointPtr point = lab.measure();
  EXPECT_EQ(point->verdict, Verdict::wrong);
  EXPECT_EQ(point->reason, "right at first, wrong later (on inputs of seed 2): 7 elements of y never written");
  EXPECT_EQ(lab.device.plays.back().order, device::Play::Order::forwards);
  EXPECT_FALSE(lab.device.plays.back().watch_races);
  lab.request.method.thorough = false;
  EXPECT_EQ(lab.measure()->verdict, Verdict::pass) << "quick is quick";
}

TEST(Recheck, the_progress_of_plays_counts_them) {
  PlayLab lab([](const EmulatedFake&) { return false; });
  lab.device.progress_steps = {0.5, 1.0};
  EXPECT_EQ(lab.measure()->verdict, Verdict::pass);
  EXPECT_EQ(lab.device.plays.size(), count_plays(lab.request.method) + kRechecks);
  ASSERT_FALSE(lab.recorder.progressed.empty());
  EXPECT_TRUE(std::ranges::is_sorted(lab.recorder.progressed));
  EXPECT_DOUBLE_EQ(lab.recorder.progressed.back(), 1.0);
}

}  // namespace
}  // namespace knobscope::measure
