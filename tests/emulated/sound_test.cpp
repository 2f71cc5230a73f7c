// The library's own kernels: no finding, and the reference's answer, for every type, several block sizes and awkward
// shapes.

#include <algorithm>
#include <array>
#include <span>
#include <tuple>

#include <gtest/gtest.h>

#include "emulated/bench.h"

namespace knobscope::emulated_tests {
namespace {

constexpr const char* kLibrary = KNOBSCOPE_SOURCE_DIR "/kernels";

/// One warp, no power of two, the usual, the largest.
constexpr std::array kBlocks = {32, 96, 256, 1024};
/// 16-bit elements change how packs and rows meet, not how threads do.
constexpr std::array kBlocksOf16Bits = {96, 256};

using Shapes = std::vector<std::vector<std::int64_t>>;
const Shapes kLayerNormShapes = {{1, 1},   {17, 1},  {3, 2},    {1, 31},   {17, 31}, {2, 33},
                                 {3, 257}, {1, 768}, {3, 1000}, {2, 1025}, {2, 4097}};
const Shapes kBatchNormShapes = {{1, 1, 1, 1},   {2, 3, 5, 7},   {3, 2, 1, 31},
                                 {2, 17, 3, 11}, {1, 2, 33, 31}, {2, 1, 1, 768}};

/// Files for GPUs; the CPU's run on the CPU.
std::vector<Variant> library() {
  Catalog catalog = catalog::scan(kLibrary);
  std::erase_if(catalog.variants, [](const Variant& variant) { return variant.device != DeviceKind::cuda; });
  return std::move(catalog.variants);
}

/// The knob `block` at `block`; every other knob once at each end of its values, the rest at their defaults.
std::vector<KnobValues> choices_of(const Variant& variant, std::span<const int> blocks) {
  std::vector<KnobValues> choices;
  for (const int block : blocks) {
    choices.push_back(default_knobs(variant));
    choices.back()["block"] = block;
  }
  for (const Knob& knob : variant.knobs) {
    if (knob.name == "block") continue;
    for (const std::int64_t end : {knob.values.front(), knob.values.back()}) {
      choices.push_back(choices.front());
      choices.back()[knob.name] = end;
    }
  }
  return choices;
}

class SoundKernel : public testing::TestWithParam<std::tuple<Variant, ElementType>> {};

TEST_P(SoundKernel, has_no_finding_and_is_right) {
  const auto& [variant, type] = GetParam();
  Bench bench(kLibrary);
  const Shapes& shapes = variant.operation == Operation::layernorm_forward ? kLayerNormShapes : kBatchNormShapes;
  const std::span<const int> blocks = type == ElementType::f32 ? std::span<const int>(kBlocks) : kBlocksOf16Bits;
  int played = 0;
  for (const KnobValues& knobs : choices_of(variant, blocks)) {
    for (const std::vector<std::int64_t>& shape : shapes) {
      Problem problem;
      problem.operation = variant.operation;
      problem.shape = shape;
      problem.type = type;
      const PointPtr point = bench.play(variant, problem, knobs, true);
      ASSERT_FALSE(bench.device_lost()) << describe(*point);
      // Not one of these requires anything of the shape.
      ASSERT_EQ(point->verdict, Verdict::pass) << format_shape(shape) << ' ' << format_knobs(knobs) << '\n'
                                               << describe(*point);
      ASSERT_TRUE(point->findings.empty()) << describe(*point);
      EXPECT_FALSE(point->headline()) << "its times mean nothing";
      ++played;
    }
  }
  EXPECT_GE(played, static_cast<int>(blocks.size() * shapes.size()));
}

std::string name_of_case(const testing::TestParamInfo<std::tuple<Variant, ElementType>>& each) {
  const auto& [variant, type] = each.param;
  std::string name = variant.id + '_' + std::string(name_of(type));
  std::ranges::replace_if(
      name, [](char c) { return c == '/' || c == '.' || c == '-'; }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Library, SoundKernel,
                         testing::Combine(testing::ValuesIn(library()), testing::ValuesIn(kElementTypes)),
                         name_of_case);

TEST(SoundKernels, there_are_some_of_each_operation) {
  const std::vector<Variant> variants = library();
  for (const Operation operation : kOperations) {
    EXPECT_TRUE(std::ranges::any_of(variants, [&](const Variant& each) { return each.operation == operation; }));
  }
}

}  // namespace
}  // namespace knobscope::emulated_tests
