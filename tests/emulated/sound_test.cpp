// The library's own kernels: no finding, and the reference's answer, for every type, several block sizes and awkward
// shapes.

#include <algorithm>
#include <limits>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "core/plan.h"
#include "emulated/bench.h"

namespace knobscope::emulated_tests {
namespace {

constexpr const char* kLibrary = KNOBSCOPE_SOURCE_DIR "/kernels";

constexpr int kOneWarp = 32;

/// How much of a variant is played for a form. The elements' size changes how packs and rows meet, not how threads do,
/// and the two 16-bit types differ in their conversions only. An activation is one function of a number in a register:
/// that it stands on every path shows with any of those that change the number.
struct Extent {
  std::vector<int> blocks;  ///< with every other knob at its default
  bool other_knobs = true;  ///< whether every other knob also goes to both ends of its values, in blocks of one warp
  std::int64_t most_threads = 0;  ///< a point of more takes seconds, and shows nothing that a smaller one does not
};

/// One warp, no power of two, the largest.
Extent extent_of(const Variant& variant, const Problem& form) {
  if (form.type == ElementType::bf16) return {{256}, false, 16384};
  if (form.type == ElementType::f16) return {{96}, false, 16384};
  if (form.activation == variant.activations.back()) return {{kOneWarp, 96, 1024}, true, 65536};
  if (form.activation == Activation::none) return {{kOneWarp, 96, 1024}, false, 65536};
  return {{96}, false, 65536};
}

/// With it no short row's mean is large against its spread, which costs a single pass its digits on any device.
constexpr std::uint64_t kSeed = 2;

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

/// Each once: a knob's end may be its default.
std::vector<KnobValues> choices_of(const Variant& variant, const Extent& extent) {
  std::vector<KnobValues> choices;
  const auto add = [&](const KnobValues& knobs) {
    if (std::ranges::find(choices, knobs) == choices.end()) choices.push_back(knobs);
  };
  const auto in_blocks_of = [&](int threads) {
    KnobValues knobs = default_knobs(variant);
    if (knobs.contains("block")) knobs["block"] = threads;
    return knobs;
  };
  for (const int block : extent.blocks) add(in_blocks_of(block));
  if (!extent.other_knobs) return choices;
  for (const Knob& knob : variant.knobs) {
    if (knob.name == "block") continue;
    for (const std::int64_t end : {knob.values.front(), knob.values.back()}) {
      KnobValues knobs = in_blocks_of(kOneWarp);
      knobs[knob.name] = end;
      add(knobs);
    }
  }
  return choices;
}

std::int64_t threads_of(const catalog::EvaluatedVariant& evaluated) {
  std::int64_t threads = 0;
  for (const catalog::EvaluatedLaunch& launch : evaluated.launches) {
    std::int64_t each = 1;
    for (const std::int64_t size : launch.grid) each *= size;
    for (const std::int64_t size : launch.block) each *= size;
    threads += each;
  }
  return threads;
}

struct Sound {
  Variant variant;
  Problem form;
};

/// Letters, digits and '_', as GoogleTest wants names.
std::string name_of(const Sound& sound) {
  std::string name = sound.variant.id + '_' + std::string(knobscope::name_of(sound.form.type));
  if (sound.form.layout != Layout::nchw) name += '_' + std::string(knobscope::name_of(sound.form.layout));
  if (sound.form.activation != Activation::none) name += '_' + std::string(knobscope::name_of(sound.form.activation));
  std::ranges::replace_if(
      name, [](char c) { return c == '/' || c == '.' || c == '-'; }, '_');
  return name;
}

/// What GoogleTest says of a parameter.
void PrintTo(const Sound& sound, std::ostream* out) { *out << name_of(sound); }  // NOLINT: GoogleTest's name

std::vector<Sound> variants_and_types() {
  std::vector<Sound> all;
  for (const Variant& variant : library()) {
    for (const Problem& form : forms_of(variant)) all.push_back({variant, form});
  }
  return all;
}

constexpr int kEnough = 3;

KnobValues smallest_knobs(const Variant& variant) {
  KnobValues knobs;
  for (const Knob& knob : variant.knobs) knobs[knob.name] = std::ranges::min(knob.values);
  return knobs;
}

class SoundKernel : public testing::TestWithParam<Sound> {};

TEST_P(SoundKernel, has_no_finding_and_is_right) {
  const auto& [variant, form] = GetParam();
  Bench bench(kLibrary);
  const Shapes& shapes = family_of(variant.operation) == Family::layernorm ? kLayerNormShapes : kBatchNormShapes;
  const Extent extent = extent_of(variant, form);
  int played = 0;
  const auto play = [&](const KnobValues& knobs, std::int64_t most_threads) {
    for (const std::vector<std::int64_t>& shape : shapes) {
      Problem problem = form;
      problem.shape = shape;
      problem.seed = kSeed;
      if (find_fault(problem)) continue;  // a training step on one value
      const auto evaluated = catalog::evaluate(variant, problem, knobs, bench.facts());
      if (const auto* misfit = std::get_if<catalog::Misfit>(&evaluated)) {
        // A row may be too long for registers or shared memory; an expression that is wrong is never an excuse.
        ASSERT_FALSE(misfit->is_mistake) << misfit->reason;
        ASSERT_FALSE(variant.requirements.empty()) << misfit->reason;
        continue;
      }
      if (threads_of(std::get<catalog::EvaluatedVariant>(evaluated)) > most_threads) continue;
      ++played;
      const PointPtr point = bench.play(variant, problem, knobs, true);
      const std::string what = format_shape(shape) + ' ' + format_knobs(knobs) + '\n' + describe(*point);
      ASSERT_EQ(point->verdict, Verdict::pass) << what;
      ASSERT_TRUE(point->findings.empty()) << what;
      ASSERT_EQ(point->compile_log, "") << what;
      EXPECT_FALSE(point->headline()) << "its times mean nothing: " << what;
      if (played >= kEnough && most_threads > extent.most_threads) return;
    }
  };
  for (const KnobValues& knobs : choices_of(variant, extent)) play(knobs, extent.most_threads);
  // What always fills a GPU is played at its smallest, or for as long as it takes.
  if (played < kEnough) play(smallest_knobs(variant), extent.most_threads);
  if (played < kEnough) play(default_knobs(variant), std::numeric_limits<std::int64_t>::max());
  EXPECT_GE(played, kEnough) << "too few of the shapes fit";
}

INSTANTIATE_TEST_SUITE_P(Library, SoundKernel, testing::ValuesIn(variants_and_types()),
                         [](const auto& each) { return name_of(each.param); });

TEST(SoundKernels, there_are_some_of_each_operation) {
  const std::vector<Variant> variants = library();
  for (const Operation operation : kOperations) {
    EXPECT_TRUE(std::ranges::any_of(variants, [&](const Variant& each) { return each.operation == operation; }));
  }
}

}  // namespace
}  // namespace knobscope::emulated_tests
