// Plans as TOML: back and forth without loss, and faults with their line.

#include <gtest/gtest.h>

#include "session/plan_file.h"
#include "session/plan_text.h"

namespace knobscope::session {
namespace {

Plan parsed(const std::string& text) {
  const auto result = parse_plan(text);
  if (const auto* fault = std::get_if<PlanFault>(&result)) {
    ADD_FAILURE() << "line " << fault->line << ": " << fault->message << "\n" << text;
    return {};
  }
  return std::get<Plan>(result);
}

PlanFault fault_of(const std::string& text) {
  const auto result = parse_plan(text);
  const auto* fault = std::get_if<PlanFault>(&result);
  return fault != nullptr ? *fault : PlanFault{-1, "no fault"};
}

Plan full_plan() {
  Plan plan;
  plan.device = "cuda:1";
  plan.operation = Operation::batchnorm_inference;
  plan.shapes = {{16, 64, 256, 256}, {1, 2, 3, 4}};
  plan.normalized_dims = 3;
  plan.types = {ElementType::bf16, ElementType::f32};
  plan.distributions = {
      {DistributionKind::uniform, 1000.0}, {DistributionKind::offset, 1.0 / 3.0}, {DistributionKind::normal, 5.0}};
  plan.seed = 18446744073709551615ULL;
  plan.epsilon = 1e-300;
  plan.variants = {"plane", "batchnorm_inference/01_\"odd\"\\name.cu"};
  plan.knobs = {{"block", {32, 768}}, {"odd name", {-1}}, {"empty", {}}};
  plan.sweep_unlisted_knobs = true;
  plan.method = {.time_cold = false,
                 .time_rotating = true,
                 .time_hot = false,
                 .time_wall = true,
                 .target_relative_error = 0.1 + 0.2,
                 .noisy_relative_error = 0.7,
                 .min_samples = 3,
                 .max_samples = 5,
                 .time_limit_s = 1e3,
                 .launch_limit_s = 2.0,
                 .thorough = false,
                 .recheck = false,
                 .cold_stopping = StoppingCriterion::stdrel,
                 .hot_stopping = StoppingCriterion::entropy,
                 .min_time_s = 0.25,
                 .max_noise = 0.3,
                 .max_angle = 0.1,
                 .min_r2 = 0.9,
                 .target_samples = 77,
                 .counters = true,
                 .throttle_threshold = 0.5,
                 .throttle_recovery_s = 0.125};
  return plan;
}

TEST(PlanFile, WhatIsWrittenReadsBackTheSame) {
  EXPECT_EQ(parsed(write_plan(Plan{})), Plan{});
  EXPECT_EQ(parsed(write_plan(full_plan())), full_plan());
}

TEST(PlanFile, AStoppingCriterionBringsItsDefaultsAlong) {
  const Method stdrel = parsed("[method]\nstopping_criterion = \"stdrel\"").method;
  Method expected;
  set_defaults_of(StoppingCriterion::stdrel, expected);
  expected.cold_stopping = expected.hot_stopping = StoppingCriterion::stdrel;
  EXPECT_EQ(stdrel, expected);
  // Wherever it stands: what is said beside it holds.
  const Method said = parsed("[method]\nmin_samples = 3\ntime_limit_s = 2\nstopping_criterion = \"stdrel\"").method;
  EXPECT_EQ(said.min_samples, 3);
  EXPECT_EQ(said.time_limit_s, 2.0);
  EXPECT_EQ(said.min_time_s, 0.5);
  const Method hot = parsed("[method]\nhot_stopping_criterion = \"sample-count\"\ntarget_samples = 7").method;
  EXPECT_EQ(hot.cold_stopping, StoppingCriterion::rse);
  EXPECT_EQ(hot.hot_stopping, StoppingCriterion::sample_count);
  EXPECT_EQ(hot.target_samples, 7);
}

TEST(PlanFile, TechniquesAreAListOfTheirNames) {
  const auto timings = [](const std::string& method) { return parsed("[method]\n" + method).method.timings(); };
  EXPECT_EQ(timings("timing = [\"wall\", \"cold\"]"), (std::vector<Timing>{Timing::cold, Timing::wall}));
  EXPECT_EQ(timings("timing = \"graph\""), std::vector<Timing>{Timing::graph});
  EXPECT_TRUE(timings("timing = []").empty());
  EXPECT_EQ(timings(""), (std::vector<Timing>{Timing::cold, Timing::hot}));
  // As plans said it before there were more than two.
  EXPECT_EQ(timings("time_cold = true\ntime_hot = false"), std::vector<Timing>{Timing::cold});
  const PlanFault fault = fault_of("[method]\ntiming = [\"cold\", \"grpah\"]");
  EXPECT_EQ(fault.line, 2);
  EXPECT_NE(fault.message.find("there is no way to time 'grpah'"), std::string::npos) << fault.message;
  EXPECT_NE(fault.message.find("graph"), std::string::npos) << fault.message;
}

TEST(PlanFile, EmptyPlanIsTheDefaultPlan) { EXPECT_EQ(parsed(""), Plan{}); }

TEST(PlanFile, ShortFormsMeanTheSame) {
  const Plan plan = parsed(R"(
shapes = ["16x64x256x256", [8, 4]]
dtypes = "f16"
distributions = ["normal", { kind = "offset", offset = 10 }]
variants = "welford"
seed = "0xff"
knobs = { block = 256, unroll = [1, 2] }
)");
  EXPECT_EQ(plan.shapes, (std::vector<std::vector<std::int64_t>>{{16, 64, 256, 256}, {8, 4}}));
  EXPECT_EQ(plan.types, std::vector{ElementType::f16});
  EXPECT_EQ(plan.distributions[1], (Distribution{DistributionKind::offset, 10.0}));
  EXPECT_EQ(plan.variants, std::vector<std::string>{"welford"});
  EXPECT_EQ(plan.seed, 255U);
  EXPECT_EQ(plan.knobs.at("block"), std::vector<std::int64_t>{256});
  EXPECT_EQ(plan.knobs.at("unroll"), (std::vector<std::int64_t>{1, 2}));
  EXPECT_FALSE(parsed("[method]\nthorough = false").method.thorough);
  EXPECT_TRUE(parsed("[method]\nthorough = true").method.thorough);
  EXPECT_EQ(parsed("shapes = [8192, 4096]").shapes, (std::vector<std::vector<std::int64_t>>{{8192, 4096}}));
  EXPECT_EQ(parsed("[[distributions]]\nkind = \"outlier\"\n").distributions,
            std::vector{(Distribution{DistributionKind::outlier, 1000.0})});
}

struct BadPlan {
  const char* text;
  int line;
  const char* says;
};

TEST(PlanFile, FaultsNameLineAndWayOut) {
  const BadPlan bad[] = {
      {"operation = \"layernorm_foward\"", 1, "Did you mean 'layernorm_forward'"},
      {"seed = 1\nshaps = [[1, 2]]", 2, "Did you mean 'shapes'"},
      {"\n\n[method]\nmin_sample = 3", 4, "Did you mean 'min_samples'"},
      {"[method]\nthorough = \"yes\"", 2, "write true or false"},
      {"[method]\nthorogh = true", 2, "Did you mean 'thorough'"},
      {"dtypes = [\"f32\", \"fp16\"]", 1, "choose one of f32, f16, bf16"},
      {"dtypes = [\n  \"f32\",\n  \"f64\"\n]", 3, "f64"},
      {"dtypes = []", 1, "the list is empty"},
      {"shapes = []", 1, "the list is empty"},
      {"shapes = [[8, 0]]", 1, "0 is not a size"},
      {"shapes = [[8, -3]]", 1, "-3"},
      {"shapes = \"8x\"", 1, "is not a shape"},
      {"shapes = [[8, 2.5]]", 1, "a whole number"},
      {"shapes = true", 1, "a shape is a list"},
      {"seed = -1", 1, "below 0"},
      {"seed = \"99999999999999999999\"", 1, "is not a seed"},
      {"seed = 1.5", 1, "a whole number"},
      {"epsilon = nan", 1, "a number"},
      {"epsilon = -1e-5", 1, "below 0"},
      {"normalized_dims = 0", 1, "out of range"},
      {"distributions = [{ offset = 3 }]", 1, "needs its kind"},
      {"distributions = [{ kind = \"normal\", ofset = 3 }]", 1, "Did you mean 'offset'"},
      {"variants = [1]", 1, "a text in quotes"},
      {"sweep_unlisted_knobs = 1", 1, "true or false"},
      {"[knobs]\nblock = \"many\"", 2, "knobs.block"},
      {"knobs = 3", 1, "a table"},
      {"[method]\ntime_limit_s = 0", 2, "above 0"},
      {"[method]\nstopping_criterion = \"stdev\"", 2, "choose one of rse, stdrel, entropy, sample-count"},
      {"[method]\nmin_time_s = -1", 2, "0 or more"},
      {"[method]\nmax_noise = 0", 2, "above 0"},
      {"[method]\nmin_r2 = 1.5", 2, "from 0 to 1"},
      {"[method]\ntarget_samples = 0", 2, "1 or more"},
      {"[method]\nthrottle_threshold = 75", 2, "from 0 to 1"},
      {"[method]\nthrottle_recovery_s = -1", 2, "0"},
      {"[method]\nmin_samples = 0", 2, "1 or more"},
      {"seed = 1\nseed = 2", 2, ""},
      {"seed = ", 1, ""},
      {"[method\n", 1, ""},
      {"device = 'cpu", 1, ""},
      {"seed = 1\n[(\n", 2, ""},
  };
  for (const BadPlan& plan : bad) {
    const PlanFault fault = fault_of(plan.text);
    EXPECT_EQ(fault.line, plan.line) << plan.text << "\n" << fault.message;
    EXPECT_NE(fault.message.find(plan.says), std::string::npos) << plan.text << "\n" << fault.message;
    EXPECT_FALSE(fault.message.empty());
  }
}

KnobChoice choice(const std::string& text) {
  const auto result = read_knob_choice(text);
  if (const auto* fault = std::get_if<TextFault>(&result)) {
    ADD_FAILURE() << fault->message;
    return {};
  }
  return std::get<KnobChoice>(result);
}

TEST(PlanText, KnobChoicesInAllForms) {
  const KnobChoice listed{"block", {64, 128}};
  EXPECT_EQ(choice("block=64,128"), listed);
  EXPECT_EQ(choice("block=[64,128]"), listed);
  EXPECT_EQ(choice(" block = [ 64 , 128 ] "), listed);
  EXPECT_EQ(choice("block=96,128..512"), (KnobChoice{"block", {96, KnobRange{128, 512}}}));
  for (const char* bad : {"", "block", "=3", "block=", "block=[64", "block=64]", "block=64,", "block=,64", "block=x",
                          "block=6.5", "block=9..3", "block=1..", "block=99999999999999999999", "block=[]"}) {
    const auto result = read_knob_choice(bad);
    const auto* fault = std::get_if<TextFault>(&result);
    ASSERT_NE(fault, nullptr) << bad;
    EXPECT_NE(fault->message.find("block=256"), std::string::npos) << fault->message;
  }
}

TEST(PlanText, RangesAreFilledFromWhatVariantsAllow) {
  Variant first;
  first.knobs = {{"block", {32, 64, 128}, 64, ""}};
  Variant second;
  second.knobs = {{"block", {128, 256, 1024}, 256, ""}, {"unroll", {1, 2}, 1, ""}};
  const std::vector<const Variant*> variants = {&first, &second};
  using Values = std::vector<std::int64_t>;
  EXPECT_EQ(std::get<Values>(resolve(choice("block=64..256"), variants)), (Values{64, 128, 256}));
  EXPECT_EQ(std::get<Values>(resolve(choice("block=1024,32..1024"), variants)), (Values{1024, 32, 64, 128, 256}));
  EXPECT_EQ(std::get<Values>(resolve(choice("block=7"), variants)), Values{7});
  EXPECT_TRUE(std::holds_alternative<TextFault>(resolve(choice("block=300..1000"), variants)));
}

TEST(PlanText, SeedsCoverAll64Bits) {
  EXPECT_EQ(std::get<std::uint64_t>(read_seed("18446744073709551615")), 18446744073709551615ULL);
  EXPECT_EQ(std::get<std::uint64_t>(read_seed("0xFFFFffffFFFFffff")), 18446744073709551615ULL);
  for (const char* bad : {"", "-1", "0x", "1.5", "18446744073709551616", "1 "}) {
    EXPECT_TRUE(std::holds_alternative<TextFault>(read_seed(bad))) << bad;
  }
}

}  // namespace
}  // namespace knobscope::session
