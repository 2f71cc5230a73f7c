// The engine on a device that plays works out: findings, orders, and never a time.

#include <algorithm>

#include <gtest/gtest.h>

#include "measure/engine.h"
#include "measure/play_orders.h"
#include "unit/measure_fake_device.h"

namespace knobscope::measure {
namespace {

using device::Play;

struct Stage {
  Stage() {
    variant.id = "layernorm_forward/01_sample.cu";
    variant.device = DeviceKind::cuda;
    std::erase(variant.launches[0].arguments, "block_index");
    request.device = "emulated";
    request.variant = variant.id;
    request.method.recheck = false;
    // A kernel that is right: every output has the same bits in every order.
    device.on_play = [this](const device::Work& work) { write_outputs(work); };
  }

  void write_outputs(const device::Work& work) const {
    const auto fill = [&](const char* name, std::int64_t elements, float value) {
      std::fill_n(EmulatedFake::argument(work, name), elements, value);
    };
    fill("y", 64 * 128, 1.5F);
    fill("mean", 64, 0.25F);
    fill("rstd", 64, 2.0F);
  }

  PointPtr measure() { return engine.measure(request, variant, recorder); }

  EmulatedFake device;
  Recorder recorder;
  Engine engine{device, nullptr, "1.2.3"};
  Variant variant = sample_variant();
  PointRequest request = sample_request();
};

Finding finding_at(FindingKind kind, int line, std::string message = "what happened") {
  Finding finding;
  finding.kind = kind;
  finding.message = std::move(message);
  finding.launch = "layernorm";
  finding.at = {"layernorm_forward/01_sample.cu", line};
  finding.who = ThreadPlace{{4, 0, 0}, {37, 0, 0}};
  return finding;
}

OutputError wrong_y(const TensorInfo& tensor, bool wrong) {
  OutputError error;
  error.output = tensor.name;
  error.elements = 8192;
  if (wrong && tensor.name == "y") {
    error.failing = 3;
    error.first_bad = 130;
    error.first_bad_value = 1.0;
    error.first_bad_reference = 2.0;
  }
  return error;
}

TEST(Play, a_right_kernel_passes_in_three_orders_without_a_time) {
  Stage stage;
  stage.request.problem.seed = 42;
  const PointPtr point = stage.measure();
  EXPECT_EQ(point->verdict, Verdict::pass) << point->reason;
  EXPECT_EQ(point->reason, "");
  EXPECT_TRUE(point->is_emulated());
  EXPECT_TRUE(point->findings.empty());
  ASSERT_TRUE(point->error && point->error->map);
  EXPECT_EQ(point->error->outputs.size(), 3U);

  EXPECT_EQ(stage.device.timings, 0);
  EXPECT_EQ(stage.device.telemetries, 0);
  EXPECT_FALSE(point->cold || point->hot || point->cold_summary || point->hot_summary || point->ceiling);
  EXPECT_FALSE(point->compiled.compile_ms) << "the fake tells one";
  EXPECT_EQ(point->compiled.registers, 40) << "what is no time stays";
  EXPECT_FALSE(point->bandwidth() || point->copy_fraction() || point->elements_per_second());
  EXPECT_TRUE(stage.recorder.cold.empty() && stage.recorder.hot.empty() && stage.recorder.ceilings.empty());
  for (const Phase phase : stage.recorder.phases) {
    EXPECT_TRUE(phase != Phase::cold && phase != Phase::hot && phase != Phase::warm_up && phase != Phase::ceiling)
        << name_of(phase);
  }

  ASSERT_EQ(stage.device.plays.size(), 3U);
  EXPECT_EQ(stage.device.plays[0].order, Play::Order::forwards);
  EXPECT_EQ(stage.device.plays[1].order, Play::Order::backwards);
  EXPECT_EQ(stage.device.plays[2].order, Play::Order::shuffled);
  EXPECT_EQ(stage.device.plays[2].seed, 42U);
  EXPECT_TRUE(stage.device.plays[0].watch_races);
  EXPECT_FALSE(stage.device.plays[1].watch_races || stage.device.plays[2].watch_races) << "once is enough";
}

TEST(Play, a_seed_of_nothing_still_shuffles) {
  Stage stage;
  stage.request.problem.seed = 0;
  stage.measure();
  EXPECT_EQ(stage.device.plays.back().seed, 1U);
}

TEST(Play, quickly_is_once_and_without_races) {
  Stage stage;
  stage.request.method.thorough = false;
  EXPECT_EQ(stage.measure()->verdict, Verdict::pass);
  ASSERT_EQ(stage.device.plays.size(), 1U);
  EXPECT_EQ(stage.device.plays[0].order, Play::Order::forwards);
  EXPECT_FALSE(stage.device.plays[0].watch_races);
}

TEST(Play, every_play_starts_from_poison) {
  Stage stage;
  stage.device.on_play = [&](const device::Work& work) {
    for (const char* name : {"y", "mean", "partial"}) {
      float* memory = EmulatedFake::argument(work, name);
      std::uint32_t bits = 0;
      std::memcpy(&bits, memory, sizeof bits);
      EXPECT_EQ(bits, 0xFFFFFFFFU) << name;
      *memory = 7.0F;
    }
    stage.write_outputs(work);
  };
  stage.measure();
  EXPECT_EQ(stage.device.plays.size(), 3U);
}

TEST(Play, a_finding_makes_it_wrong_and_is_the_reason) {
  Stage stage;
  stage.request.method.thorough = false;
  stage.device.on_play = [&](const device::Work& work) {
    stage.write_outputs(work);
    stage.device.findings = {finding_at(FindingKind::race, 57, "writes 4 bytes of s_sum")};
  };
  const PointPtr point = stage.measure();
  EXPECT_EQ(point->verdict, Verdict::wrong);
  EXPECT_EQ(point->reason, "layernorm_forward/01_sample.cu:57: race: writes 4 bytes of s_sum (block 4, thread 37)");
  ASSERT_EQ(point->findings.size(), 1U);
  EXPECT_EQ(point->findings[0], finding_at(FindingKind::race, 57, "writes 4 bytes of s_sum"));
}

TEST(Play, what_a_killed_block_leaves_unwritten_is_not_the_reason) {
  Stage stage;
  stage.device.error = [](const TensorInfo& tensor, int) {
    OutputError error = wrong_y(tensor, true);
    error.unwritten = 128;
    return error;
  };
  int plays = 0;
  stage.device.on_play = [&](const device::Work& work) {
    stage.write_outputs(work);
    // The block dies elsewhere in its work in each order, so the outputs differ: no finding of its own.
    EmulatedFake::argument(work, "y")[plays++] = 9.0F;
    stage.device.findings = {finding_at(FindingKind::out_of_bounds, 31)};
  };
  const PointPtr point = stage.measure();
  EXPECT_EQ(point->verdict, Verdict::wrong);
  EXPECT_TRUE(point->reason.starts_with("layernorm_forward/01_sample.cu:31: out of bounds: ")) << point->reason;
  ASSERT_EQ(point->findings.size(), 1U);
  EXPECT_EQ(point->findings[0].count, 3);
  EXPECT_EQ(point->error->outputs[0].unwritten, 128);
}

TEST(Play, the_same_in_several_plays_is_one_finding) {
  Stage stage;
  stage.device.on_play = [&](const device::Work& work) {
    stage.write_outputs(work);
    Finding race = finding_at(FindingKind::race, 57);
    race.count = 5;
    race.other_at = {race.at.file, 52};
    race.who = ThreadPlace{{static_cast<std::int64_t>(stage.device.plays.size()), 0, 0}, {1, 0, 0}};
    // Played backwards, the two sides come the other way round.
    if (stage.device.plays.back().order == Play::Order::backwards) std::swap(race.at, race.other_at);
    stage.device.findings = {race};
    if (stage.device.plays.back().order == Play::Order::shuffled) {
      stage.device.findings.push_back(finding_at(FindingKind::lane, 57));
    }
  };
  const PointPtr point = stage.measure();
  ASSERT_EQ(point->findings.size(), 2U);
  EXPECT_EQ(point->findings[0].kind, FindingKind::race);
  EXPECT_EQ(point->findings[0].count, 15);
  EXPECT_EQ(point->findings[0].who->block[0], 1) << "the first one met is the one told of";
  EXPECT_EQ(point->findings[1].kind, FindingKind::lane);
  EXPECT_TRUE(point->reason.ends_with("; and 1 more finding")) << point->reason;
}

TEST(Play, other_places_launches_and_headers_are_findings_of_their_own) {
  std::vector<Finding> all = {finding_at(FindingKind::out_of_bounds, 10)};
  Finding other_launch = all[0];
  other_launch.launch = "second";
  Finding other_header = all[0];
  other_header.within = {"include/knobscope/reduce.h", 3};
  Finding other_kind = all[0];
  other_kind.kind = FindingKind::misaligned;
  Finding same = all[0];
  same.message = "another element";
  same.who.reset();
  Finding nowhere = finding_at(FindingKind::deadlock, 0, "one");
  nowhere.at = {};
  Finding nowhere_else = nowhere;
  nowhere_else.message = "two";
  merge_findings(all, {other_launch, other_header, other_kind, same, nowhere, nowhere_else, nowhere});
  ASSERT_EQ(all.size(), 6U);
  EXPECT_EQ(all[0].count, 2);
  EXPECT_EQ(all[0].message, "what happened");
  EXPECT_EQ(all[4].count, 2);
  EXPECT_EQ(all[5].count, 1);
}

TEST(Play, bits_that_change_with_the_order_are_a_finding_where_the_file_says_deterministic) {
  Stage stage;
  stage.device.on_play = [&](const device::Work& work) {
    stage.write_outputs(work);
    if (stage.device.plays.back().order != Play::Order::shuffled) return;
    float* y = EmulatedFake::argument(work, "y");
    y[130] = 1.50000012F;
    y[8191] = -1.5F;
  };
  const PointPtr point = stage.measure();
  EXPECT_EQ(point->verdict, Verdict::wrong);
  ASSERT_EQ(point->findings.size(), 1U);
  const Finding& finding = point->findings[0];
  EXPECT_EQ(finding.kind, FindingKind::order_dependent);
  EXPECT_EQ(finding.message,
            "y changes with the order in which threads and blocks run: 2 of 8 192 elements differ between forwards and "
            "shuffled by seed 1, although the file says deterministic; first at [row 1, column 2]: 1.5 and 1.50000012");
  EXPECT_EQ(finding.at.file, "layernorm_forward/01_sample.cu");
  EXPECT_EQ(finding.launch, "layernorm");
  EXPECT_TRUE(point->reason.starts_with("layernorm_forward/01_sample.cu: order-dependent: y changes")) << point->reason;
}

TEST(Play, every_output_that_changes_is_told_once) {
  Stage stage;
  stage.device.on_play = [&](const device::Work& work) {
    stage.write_outputs(work);
    const auto play = static_cast<float>(stage.device.plays.size());
    EmulatedFake::argument(work, "y")[0] = play;
    EmulatedFake::argument(work, "rstd")[5] = play;
  };
  const PointPtr point = stage.measure();
  ASSERT_EQ(point->findings.size(), 2U);
  EXPECT_TRUE(point->findings[0].message.starts_with("y changes")) << point->findings[0].message;
  EXPECT_NE(point->findings[0].message.find("between forwards and backwards"), std::string::npos);
  EXPECT_NE(point->findings[1].message.find("first at [row 5]: 1 and 2"), std::string::npos);
}

TEST(Play, half_types_are_compared_by_their_elements) {
  Stage stage;
  stage.variant.types = {ElementType::f16};
  stage.request.problem.type = ElementType::f16;
  stage.device.on_play = [&](const device::Work& work) {
    auto* y = static_cast<std::uint16_t*>(static_cast<void*>(EmulatedFake::argument(work, "y")));
    std::fill_n(y, 64 * 128, std::uint16_t{0x3C00});
    if (stage.device.plays.size() == 2) y[3] = 0x4000;
  };
  const PointPtr point = stage.measure();
  ASSERT_EQ(point->findings.size(), 1U);
  EXPECT_NE(point->findings[0].message.find("1 of 8 192 elements"), std::string::npos) << point->findings[0].message;
  EXPECT_TRUE(point->findings[0].message.ends_with("first at [row 0, column 3]: 1 and 2"));
}

TEST(Play, a_file_that_promises_no_order_may_change_within_the_tolerance) {
  Stage stage;
  stage.variant.deterministic = false;
  stage.device.on_play = [&](const device::Work& work) {
    stage.write_outputs(work);
    EmulatedFake::argument(work, "y")[0] = static_cast<float>(stage.device.plays.size());
  };
  const PointPtr point = stage.measure();
  EXPECT_EQ(point->verdict, Verdict::pass) << point->reason;
  EXPECT_EQ(stage.device.compares, 9) << "and every order was judged";
}

TEST(Play, an_order_that_misses_the_tolerance_is_a_finding_whatever_the_file_says) {
  for (const bool deterministic : {true, false}) {
    Stage stage;
    stage.variant.deterministic = deterministic;
    stage.device.error = [](const TensorInfo& tensor, int compares) {
      return wrong_y(tensor, compares >= 3 && compares < 6);
    };
    stage.device.on_play = [&](const device::Work& work) {
      stage.write_outputs(work);
      if (stage.device.plays.size() == 2) EmulatedFake::argument(work, "y")[130] = 1.0F;
    };
    const PointPtr point = stage.measure();
    EXPECT_EQ(point->verdict, Verdict::wrong);
    ASSERT_EQ(point->findings.size(), 1U);
    EXPECT_EQ(point->findings[0].kind, FindingKind::order_dependent);
    EXPECT_EQ(point->findings[0].message,
              "right when threads and blocks run forwards, but backwards y differs in 3 of 8 192 elements; first at "
              "[row 1, column 2]: 1, expected 2");
    EXPECT_EQ(point->error->outputs[0].failing, 3) << "the error shown is that of the wrong order";
  }
}

TEST(Play, wrong_in_every_order_is_plainly_wrong) {
  Stage stage;
  stage.device.error = [](const TensorInfo& tensor, int) { return wrong_y(tensor, true); };
  const PointPtr point = stage.measure();
  EXPECT_EQ(point->verdict, Verdict::wrong);
  EXPECT_EQ(point->reason, "y differs in 3 of 8 192 elements; first at [row 1, column 2]: 1, expected 2");
  EXPECT_TRUE(point->findings.empty());
}

TEST(Play, a_race_that_changes_the_outputs_is_two_findings) {
  Stage stage;
  stage.device.on_play = [&](const device::Work& work) {
    stage.write_outputs(work);
    EmulatedFake::argument(work, "y")[0] = static_cast<float>(stage.device.plays.size());
    stage.device.findings = {finding_at(FindingKind::race, 57)};
  };
  const PointPtr point = stage.measure();
  ASSERT_EQ(point->findings.size(), 2U);
  EXPECT_EQ(point->findings[0].kind, FindingKind::race);
  EXPECT_EQ(point->findings[1].kind, FindingKind::order_dependent);
}

TEST(Play, what_cannot_be_played_does_not_fit) {
  Stage stage;
  stage.device.on_compile = [] {
    throw device::Unplayable("line 12 uses inline PTX (asm), which the emulated device cannot play; use a real GPU");
  };
  const PointPtr point = stage.measure();
  EXPECT_EQ(point->verdict, Verdict::unfit);
  EXPECT_EQ(point->reason, "line 12 uses inline PTX (asm), which the emulated device cannot play; use a real GPU");
  EXPECT_EQ(stage.device.runs, 0);

  stage.device.on_compile = [] {};
  stage.device.on_play = [](const device::Work&) { throw device::Unplayable("clusters"); };
  EXPECT_EQ(stage.measure()->verdict, Verdict::unfit);
}

TEST(Play, a_changed_input_is_found_ends_the_plays_and_is_not_used_again) {
  Stage stage;
  stage.device.on_play = [&](const device::Work& work) {
    stage.write_outputs(work);
    EmulatedFake::argument(work, "gamma")[0] = 3.0F;
    stage.device.findings = {finding_at(FindingKind::input_written, 40, "writes 4 bytes of gamma")};
  };
  const PointPtr point = stage.measure();
  EXPECT_EQ(point->verdict, Verdict::wrong);
  EXPECT_NE(point->reason.find("input written: writes 4 bytes of gamma"), std::string::npos) << point->reason;
  EXPECT_EQ(stage.device.plays.size(), 1U);
  stage.device.on_play = [&](const device::Work& work) { stage.write_outputs(work); };
  EXPECT_EQ(stage.measure()->verdict, Verdict::pass);
  EXPECT_EQ(stage.device.references, 2);
}

TEST(Play, an_input_changed_in_a_later_order_only_is_not_used_again_either) {
  Stage stage;
  stage.device.on_play = [&](const device::Work& work) {
    stage.write_outputs(work);
    if (stage.device.plays.size() == 2) EmulatedFake::argument(work, "x")[9] = 3.0F;
  };
  const PointPtr point = stage.measure();
  EXPECT_EQ(point->verdict, Verdict::wrong);
  EXPECT_NE(point->reason.find("but backwards x was changed by the kernel"), std::string::npos) << point->reason;
  stage.device.on_play = [&](const device::Work& work) { stage.write_outputs(work); };
  EXPECT_EQ(stage.measure()->verdict, Verdict::pass);
  EXPECT_EQ(stage.device.references, 2);
}

TEST(Play, a_failure_keeps_what_was_found_before_it) {
  Stage stage;
  stage.device.on_play = [&](const device::Work& work) {
    stage.write_outputs(work);
    stage.device.findings = {finding_at(FindingKind::race, static_cast<int>(stage.device.plays.size()))};
    if (stage.device.plays.size() == 2) throw device::DeviceError("out of memory");
  };
  const PointPtr point = stage.measure();
  EXPECT_EQ(point->verdict, Verdict::failed);
  EXPECT_EQ(point->reason, "out of memory");
  ASSERT_EQ(point->findings.size(), 2U);
  EXPECT_FALSE(stage.device.watched) << "nobody is left to hear of progress";
}

TEST(Play, findings_of_a_cancelled_point_are_not_the_next_ones) {
  Stage stage;
  stage.device.on_play = [&](const device::Work&) {
    stage.device.findings = {finding_at(FindingKind::race, 57)};
    stage.engine.stop(true);
  };
  EXPECT_THROW(stage.measure(), device::Cancelled);
  stage.engine.stop(false);
  stage.device.on_play = [&](const device::Work& work) { stage.write_outputs(work); };
  EXPECT_EQ(stage.measure()->verdict, Verdict::pass);
}

TEST(Play, standing_still_is_a_sign_of_life_for_a_while_only) {
  const auto signs = [](std::vector<double> steps, double launch_limit_s) {
    Stage stage;
    stage.request.method.launch_limit_s = launch_limit_s;
    stage.device.progress_steps = std::move(steps);
    stage.measure();
    return stage.recorder.signs;
  };
  const int without = signs({0.5}, 20.0);
  EXPECT_EQ(signs({0.5, 0.5, 0.5}, 20.0), without + 3 * 2) << "two more in each of three plays";
  EXPECT_EQ(signs({0.5, 0.5, 0.5}, 0.0), without) << "the patience is over";
}

TEST(Play, the_progress_of_all_plays_is_told_as_one) {
  Stage stage;
  stage.device.progress_steps = {0.0, 0.5, 0.5, 0.5, 2.0, std::numeric_limits<double>::quiet_NaN()};
  stage.measure();
  const std::vector<double> expected = {0.0, 0.5 / 3, 1.0 / 3, 1.5 / 3, 2.0 / 3, 2.5 / 3, 1.0};
  ASSERT_EQ(stage.recorder.progressed.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_DOUBLE_EQ(stage.recorder.progressed[i], expected[i]);
  EXPECT_FALSE(stage.device.watched);
}

}  // namespace
}  // namespace knobscope::measure
