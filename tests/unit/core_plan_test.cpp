// Plans: what they expand to, in which order, and what they say when they cannot.

#include <limits>

#include <gtest/gtest.h>

#include "core/plan.h"

namespace knobscope {
namespace {

Variant make_variant(std::string id, std::string name, int order, DeviceKind device, std::vector<Knob> knobs,
                     Operation operation = Operation::layernorm_forward) {
  Variant variant;
  variant.id = std::move(id);
  variant.name = std::move(name);
  variant.order = order;
  variant.device = device;
  variant.operation = operation;
  variant.types = {ElementType::f32};
  variant.knobs = std::move(knobs);
  return variant;
}

class CorePlan : public testing::Test {
 protected:
  CorePlan() {
    cpu_.id = "cpu";
    cpu_.kind = DeviceKind::cpu;
    gpu_.id = "cuda:0";
    gpu_.kind = DeviceKind::cuda;
    catalog_.variants = {
        make_variant("layernorm_forward/02_b.cu", "b", 2, DeviceKind::cuda,
                     {{"block", {64, 128, 256}, 128, ""}, {"unroll", {1, 2}, 1, ""}}),
        make_variant("layernorm_forward/01_a.cu", "a", 1, DeviceKind::cuda, {{"block", {32, 64}, 64, ""}}),
        make_variant("layernorm_forward/01_plain.cpp", "plain", 1, DeviceKind::cpu, {}),
        make_variant("batchnorm_inference/01_a.cu", "element", 1, DeviceKind::cuda, {}, Operation::batchnorm_inference),
    };
    catalog_.faults = {{"layernorm_forward/09_torn.cu", 7, "Unknown key."}};
  }

  std::vector<std::string> expanded(const Plan& plan) const {
    std::vector<std::string> lines;
    for (const PointRequest& point : expand(plan, catalog_, gpu_).points) {
      lines.push_back(format_shape(point.problem.shape) + " " + std::string(name_of(point.problem.type)) + " " +
                      point.variant + " " + format_knobs(point.knobs));
    }
    return lines;
  }

  std::string only_fault(const Plan& plan, const DeviceFacts& device) const {
    const Expansion expansion = expand(plan, catalog_, device);
    EXPECT_EQ(expansion.faults.size(), 1U);
    return expansion.faults.empty() ? std::string() : expansion.faults.front();
  }

  Catalog catalog_;
  DeviceFacts cpu_;
  DeviceFacts gpu_;
};

TEST_F(CorePlan, EmptyVariantsMeanAllOfTheDeviceInStoryOrderWithDefaults) {
  EXPECT_EQ(expanded(Plan{}), (std::vector<std::string>{"8192x4096 f32 layernorm_forward/01_a.cu block=64",
                                                        "8192x4096 f32 layernorm_forward/02_b.cu block=128 unroll=1"}));
  const Expansion cpu = expand(Plan{}, catalog_, cpu_);
  ASSERT_EQ(cpu.points.size(), 1U);
  EXPECT_EQ(cpu.points[0].variant, "layernorm_forward/01_plain.cpp");
  EXPECT_EQ(cpu.points[0].device, "cpu");
  EXPECT_EQ(cpu.points[0].id, 0);
}

TEST_F(CorePlan, TheEmulatedDeviceRunsCudaFiles) {
  DeviceFacts emulated;
  emulated.kind = DeviceKind::emulated;
  EXPECT_EQ(variants_for(catalog_, Operation::layernorm_forward, DeviceKind::emulated).size(), 2U);
  EXPECT_EQ(expand(Plan{}, catalog_, emulated).points.size(), 2U);
}

TEST_F(CorePlan, OrderIsShapeTypeVariantKnobs) {
  Plan plan;
  plan.shapes = {{8, 8}, {16, 16}};
  plan.types = {ElementType::f32, ElementType::f16};
  plan.variants = {"b"};
  plan.knobs["unroll"] = {2, 1};
  plan.knobs["block"] = {64};
  EXPECT_EQ(expanded(plan), (std::vector<std::string>{"8x8 f32 layernorm_forward/02_b.cu block=64 unroll=2",
                                                      "8x8 f32 layernorm_forward/02_b.cu block=64 unroll=1",
                                                      "8x8 f16 layernorm_forward/02_b.cu block=64 unroll=2",
                                                      "8x8 f16 layernorm_forward/02_b.cu block=64 unroll=1",
                                                      "16x16 f32 layernorm_forward/02_b.cu block=64 unroll=2",
                                                      "16x16 f32 layernorm_forward/02_b.cu block=64 unroll=1",
                                                      "16x16 f16 layernorm_forward/02_b.cu block=64 unroll=2",
                                                      "16x16 f16 layernorm_forward/02_b.cu block=64 unroll=1"}));
}

TEST_F(CorePlan, VariantsByNameOrIdInTheOrderAskedAndOnce) {
  Plan plan;
  plan.shapes = {{8, 8}};
  plan.variants = {"b", "layernorm_forward/01_a.cu", "a"};
  EXPECT_EQ(expanded(plan), (std::vector<std::string>{"8x8 f32 layernorm_forward/02_b.cu block=128 unroll=1",
                                                      "8x8 f32 layernorm_forward/01_a.cu block=64"}));
}

TEST_F(CorePlan, ValuesOnlySomeVariantsAllowAreLeftOutForTheOthers) {
  Plan plan;
  plan.shapes = {{8, 8}};
  plan.knobs["block"] = {32, 64, 256, 64};
  EXPECT_EQ(expanded(plan), (std::vector<std::string>{"8x8 f32 layernorm_forward/01_a.cu block=32",
                                                      "8x8 f32 layernorm_forward/01_a.cu block=64",
                                                      "8x8 f32 layernorm_forward/02_b.cu block=64 unroll=1",
                                                      "8x8 f32 layernorm_forward/02_b.cu block=256 unroll=1"}));
  EXPECT_TRUE(expand(plan, catalog_, gpu_).faults.empty());
}

TEST_F(CorePlan, AValueNobodyAllowsIsAFault) {
  Plan plan;
  plan.knobs["block"] = {64, 96};
  const std::string fault = only_fault(plan, gpu_);
  EXPECT_NE(fault.find("block=96"), std::string::npos) << fault;
  EXPECT_NE(fault.find("32, 64, 128, 256"), std::string::npos) << fault;
}

TEST_F(CorePlan, AnUnknownKnobIsAFaultWithASuggestion) {
  Plan plan;
  plan.knobs["blok"] = {64};
  EXPECT_NE(only_fault(plan, gpu_).find("Did you mean 'block'?"), std::string::npos);
}

TEST_F(CorePlan, UnlistedKnobsAreSweptWhenAsked) {
  Plan plan;
  plan.sweep_unlisted_knobs = true;
  plan.variants = {"b"};
  EXPECT_EQ(expanded(plan).size(), 6U);
  plan.knobs["block"] = {64};
  EXPECT_EQ(expanded(plan).size(), 2U);
}

TEST_F(CorePlan, UnknownVariants) {
  Plan plan;
  plan.variants = {"pla"};
  EXPECT_NE(only_fault(plan, gpu_).find("There are: a, b."), std::string::npos);
  plan.variants = {"plain"};
  EXPECT_NE(only_fault(plan, gpu_).find("on cpu"), std::string::npos);
  plan.variants = {"torn"};
  EXPECT_NE(only_fault(plan, gpu_).find("09_torn.cu:7"), std::string::npos);
}

TEST_F(CorePlan, NoVariantForTheDevice) {
  Plan plan;
  plan.operation = Operation::batchnorm_inference;
  plan.shapes = {{2, 3, 4, 5}};
  EXPECT_EQ(expand(plan, catalog_, gpu_).points.size(), 1U);
  EXPECT_NE(only_fault(plan, cpu_).find("kernels/batchnorm_inference/"), std::string::npos);
}

TEST_F(CorePlan, ABadShapeIsSaidOnceAndTheOthersStay) {
  Plan plan;
  plan.shapes = {{8}, {8, 8}};
  plan.types = {ElementType::f32, ElementType::f16};
  plan.variants = {"a"};
  const Expansion expansion = expand(plan, catalog_, gpu_);
  EXPECT_EQ(expansion.faults.size(), 1U);
  EXPECT_EQ(expansion.points.size(), 2U);
}

TEST_F(CorePlan, EmptyListsAndSenselessMethodsAreFaults) {
  Plan plan;
  plan.shapes.clear();
  plan.types.clear();
  plan.distributions.clear();
  EXPECT_EQ(expand(plan, catalog_, gpu_).faults.size(), 3U);
  for (const auto& spoil : std::vector<void (*)(Method&)>{
           [](Method& m) { m.min_samples = 0; }, [](Method& m) { m.max_samples = m.min_samples - 1; },
           [](Method& m) { m.time_limit_s = 0.0; }, [](Method& m) { m.launch_limit_s = -1.0; },
           [](Method& m) { m.target_relative_error = std::numeric_limits<double>::quiet_NaN(); },
           [](Method& m) { m.max_noise = 0.0; }, [](Method& m) { m.max_angle = -1.0; },
           [](Method& m) { m.min_r2 = 1.01; }, [](Method& m) { m.target_samples = 0; },
           [](Method& m) { m.throttle_threshold = 1.5; }, [](Method& m) { m.throttle_recovery_s = -1.0; },
           [](Method& m) { m.min_time_s = m.time_limit_s + 1.0; },
           [](Method& m) { m.min_time_s = std::numeric_limits<double>::quiet_NaN(); }}) {
    Plan bad;
    spoil(bad.method);
    only_fault(bad, gpu_);
  }
}

TEST_F(CorePlan, APlanOfBillionsIsRefusedBeforeItIsBuilt) {
  std::vector<Knob> knobs;
  for (int i = 0; i < 12; ++i) {
    Knob knob{"k" + std::to_string(i), {}, 0, ""};
    for (int value = 0; value < 100; ++value) knob.values.push_back(value);
    knobs.push_back(knob);
  }
  catalog_.variants = {make_variant("layernorm_forward/01_a.cu", "a", 1, DeviceKind::cuda, knobs)};
  Plan plan;
  plan.sweep_unlisted_knobs = true;
  const Expansion expansion = expand(plan, catalog_, gpu_);
  EXPECT_TRUE(expansion.points.empty());
  ASSERT_EQ(expansion.faults.size(), 1U);
  EXPECT_NE(expansion.faults[0].find("1000000"), std::string::npos);
}

}  // namespace
}  // namespace knobscope
