// A command line that is copied measures exactly what it was copied from.

#include <string>

#include <gtest/gtest.h>

#include "cli/arguments.h"
#include "cli/plan_from_arguments.h"
#include "session/command_line.h"

namespace knobscope::cli {
namespace {

DeviceFacts gpu() {
  DeviceFacts device;
  device.id = "cuda:0";
  device.kind = DeviceKind::cuda;
  return device;
}

Catalog catalog() {
  Variant variant;
  variant.id = "layernorm_forward/05_float4.cu";
  variant.name = "float4";
  variant.types = {ElementType::f32, ElementType::bf16};
  variant.knobs = {{"block", {64, 128, 256}, 128, ""}, {"unroll", {1, 2, 4}, 1, ""}};
  Catalog catalog;
  catalog.variants.push_back(variant);
  variant.id = "layernorm_forward/06_welford.cu";
  variant.name = "welford";
  catalog.variants.push_back(variant);
  variant.id = "batchnorm_training/01_slices.cu";
  variant.operation = Operation::batchnorm_training;
  catalog.variants.push_back(variant);
  return catalog;
}

/// The words of a line, as a shell takes them apart where nothing is quoted.
std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  std::size_t at = 0;
  while (at < line.size()) {
    const std::size_t end = std::min(line.find(' ', at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end + 1;
  }
  EXPECT_EQ(words.front(), "knobscope");
  words.erase(words.begin());
  return words;
}

/// What the program would measure; empty after a fault.
std::vector<PointRequest> points_of(const std::string& line) {
  const auto parsed = parse(words_of(line));
  const auto* invocation = std::get_if<Invocation>(&parsed);
  if (invocation == nullptr) {
    ADD_FAILURE() << line << "\n" << std::get<Ending>(parsed).text;
    return {};
  }
  const auto& measure = std::get<MeasureArguments>(invocation->command);
  const auto drafted = draft_plan(measure.plan, measure.sweep);
  if (const auto* fault = std::get_if<UsageFault>(&drafted)) {
    ADD_FAILURE() << line << "\n" << fault->message;
    return {};
  }
  const auto plan = complete_plan(std::get<PlanDraft>(drafted), gpu(), catalog());
  if (const auto* fault = std::get_if<UsageFault>(&plan)) {
    ADD_FAILURE() << line << "\n" << fault->message;
    return {};
  }
  const Expansion expansion = expand(std::get<Plan>(plan), catalog(), gpu());
  for (const std::string& fault : expansion.faults) ADD_FAILURE() << line << "\n" << fault;
  return expansion.points;
}

PointRequest request() {
  PointRequest request;
  request.device = "cuda:0";
  request.variant = "layernorm_forward/05_float4.cu";
  request.knobs = {{"block", 256}, {"unroll", 4}};
  return request;
}

void expect_the_same_again(const PointRequest& wanted) {
  const std::optional<std::string> line = session::command_line_of(wanted);
  ASSERT_TRUE(line);
  const std::vector<PointRequest> points = points_of(*line);
  ASSERT_EQ(points.size(), 1U) << *line;
  EXPECT_EQ(points.front(), wanted) << *line;
}

TEST(CopiedCommandLine, APointAtItsDefaults) {
  EXPECT_EQ(session::command_line_of(request()).value_or(""),
            "knobscope run --device cuda:0 --op layernorm_forward --shape 8192x4096 --dtype f32 --distribution normal "
            "--seed 1 -a block=256 -a unroll=4 --variant layernorm_forward/05_float4.cu");
  expect_the_same_again(request());
}

TEST(CopiedCommandLine, EveryPartOfAProblem) {
  PointRequest wanted = request();
  wanted.problem.shape = {3, 5, 64, 7};
  wanted.problem.normalized_dims = 2;
  wanted.problem.type = ElementType::bf16;
  wanted.problem.distribution = {DistributionKind::offset, 1.5e5};
  wanted.problem.seed = 0xffffffffffffffffU;
  wanted.problem.epsilon = 3e-7;
  wanted.problem.activation = Activation::gelu;
  expect_the_same_again(wanted);
  wanted.problem.distribution = {DistributionKind::uniform, 7.0};
  expect_the_same_again(wanted);
}

TEST(CopiedCommandLine, ALayout) {
  PointRequest wanted = request();
  wanted.variant = "batchnorm_training/01_slices.cu";
  wanted.problem.operation = Operation::batchnorm_training;
  wanted.problem.shape = {16, 64, 32, 32};
  wanted.problem.layout = Layout::nhwc;
  expect_the_same_again(wanted);
}

TEST(CopiedCommandLine, EveryPartOfAMethod) {
  PointRequest wanted = request();
  Method& method = wanted.method;
  method.set_timings({Timing::cold, Timing::graph});
  method.target_relative_error = 0.001;
  method.noisy_relative_error = 0.1;
  method.min_samples = 7;
  method.max_samples = 77;
  method.time_limit_s = 0.2;
  method.launch_limit_s = 3.0;
  method.thorough = false;
  method.recheck = false;
  method.counters = true;
  method.min_time_s = 0.125;
  method.throttle_threshold = 0.5;
  method.throttle_recovery_s = 0.25;
  expect_the_same_again(wanted);
}

TEST(CopiedCommandLine, EveryStoppingCriterion) {
  for (const StoppingCriterion cold : {StoppingCriterion::rse, StoppingCriterion::stdrel, StoppingCriterion::entropy,
                                       StoppingCriterion::sample_count}) {
    PointRequest wanted = request();
    wanted.method.cold_stopping = cold;
    wanted.method.min_samples = 5;
    wanted.method.time_limit_s = 1.5;
    expect_the_same_again(wanted);
    set_defaults_of(cold, wanted.method);
    expect_the_same_again(wanted);
  }
  PointRequest wanted = request();
  wanted.method.hot_stopping = StoppingCriterion::stdrel;
  wanted.method.max_noise = 0.0125;
  expect_the_same_again(wanted);
  wanted.method.max_angle = 1.0;
  EXPECT_FALSE(session::command_line_of(wanted)) << "no flag changes a rule that is not used";
}

TEST(CopiedCommandLine, APlanOfManyPoints) {
  Plan plan;
  plan.device = "cuda:0";
  plan.shapes = {{8192, 4096}, {64, 768}};
  plan.types = {ElementType::f32, ElementType::bf16};
  plan.distributions = {{DistributionKind::offset, 0.0}, {DistributionKind::offset, 1e3}};
  plan.variants = {"float4", "welford"};
  plan.knobs = {{"block", {64, 256}}, {"unroll", {2}}};
  const auto line = session::command_line_of(plan);
  ASSERT_TRUE(line);
  EXPECT_EQ(points_of(*line), expand(plan, catalog(), gpu()).points) << *line;
  EXPECT_EQ(points_of(*line).size(), 32U);
  plan.knobs.clear();
  plan.sweep_unlisted_knobs = true;
  const auto sweep = session::command_line_of(plan);
  ASSERT_TRUE(sweep);
  EXPECT_TRUE(sweep->starts_with("knobscope sweep "));
  EXPECT_EQ(points_of(*sweep), expand(plan, catalog(), gpu()).points);
  plan.distributions = {{DistributionKind::offset, 5.0}, {DistributionKind::normal, 1000.0}};
  EXPECT_FALSE(session::command_line_of(plan)) << "the offset would be the normal one's, too";
}

TEST(CopiedCommandLine, APairInTurns) {
  PointRequest wanted = request();
  wanted.against = Against{"layernorm_forward/06_welford.cu", {{"block", 64}, {"unroll", 1}}};
  const auto line = session::command_line_of(wanted);
  ASSERT_TRUE(line);
  const auto parsed = parse(words_of(*line));
  ASSERT_TRUE(std::holds_alternative<Invocation>(parsed)) << std::get<Ending>(parsed).text;
  const auto& ab = std::get<AbArguments>(std::get<Invocation>(parsed).command);
  EXPECT_EQ(ab.base, "layernorm_forward/05_float4.cu:block=256,unroll=4");
  EXPECT_EQ(ab.next, "layernorm_forward/06_welford.cu:block=64,unroll=1");
}

TEST(CopiedCommandLine, IsOneWordWhereAShellWouldTakeItApart) {
  PointRequest wanted = request();
  wanted.variant = "layernorm_forward/it's mine.cu";
  EXPECT_NE(session::command_line_of(wanted)->find(R"('layernorm_forward/it'\''s mine.cu')"), std::string::npos);
}

}  // namespace
}  // namespace knobscope::cli
