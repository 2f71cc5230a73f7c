// How long a kernel is played. The figures are printed; what they must stay below holds for a laptop's two cores.

#include <algorithm>
#include <chrono>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "emulated/bench.h"

namespace knobscope::emulated_tests {
namespace {

using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr const char* kKernels = KNOBSCOPE_SOURCE_DIR "/kernels";
constexpr int kRepetitions = 7;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kInstrumented = true;
#else
constexpr bool kInstrumented = false;
#endif

template <typename Body>
double milliseconds_of(Body body) {
  const auto begin = std::chrono::steady_clock::now();
  body();
  return Milliseconds(std::chrono::steady_clock::now() - begin).count();
}

/// The shortest of several: what else the machine does makes it longer, never shorter.
template <typename Body>
double shortest_ms(Body body) {
  double shortest = milliseconds_of(body);
  for (int i = 1; i < kRepetitions; ++i) shortest = std::min(shortest, milliseconds_of(body));
  return shortest;
}

const Variant& block_per_row(const Catalog& catalog) {
  const auto found = std::ranges::find(catalog.variants, "block_per_row", &Variant::name);
  EXPECT_NE(found, catalog.variants.end());
  return *found;
}

Problem rows_of_4096(std::int64_t rows, ElementType type) {
  Problem problem;
  problem.operation = Operation::layernorm_forward;
  problem.shape = {rows, 4096};
  problem.type = type;
  return problem;
}

TEST(EmulatedSpeed, a_block_per_row_layernorm_is_judged_while_one_looks) {
  if (kInstrumented) GTEST_SKIP() << "a sanitizer's build is not for timing";
  const Catalog catalog = catalog::scan(kKernels);
  const Variant& variant = block_per_row(catalog);
  const KnobValues knobs = default_knobs(variant);
  Bench bench(kKernels);
  const Problem problem = rows_of_4096(64, ElementType::f32);
  ASSERT_EQ(bench.play(variant, problem, knobs, true)->verdict, Verdict::pass);  // compiles, fills and solves

  const double quick = shortest_ms([&] { bench.play(variant, problem, knobs, false); });
  const double thorough = shortest_ms([&] { bench.play(variant, problem, knobs, true, false); });
  const double again = shortest_ms([&] { bench.play(variant, problem, knobs, true, true); });
  fmt::print(
      "block_per_row, 64x4096 f32, block {}: quick {:.0f} ms, thorough {:.0f} ms, judged again {:.0f} ms "
      "(shortest of {})\n",
      knobs.at("block"), quick, thorough, again, kRepetitions);
  EXPECT_LE(quick, 100.0);
  EXPECT_LE(thorough, 300.0);
  EXPECT_LE(again, 600.0);  // with new inputs, their reference, and the module loaded anew
}

TEST(EmulatedSpeed, a_kernel_never_seen_before_is_compiled_and_judged_within_a_second) {
  if (kInstrumented) GTEST_SKIP() << "a sanitizer's build is not for timing";
  const Catalog catalog = catalog::scan(kKernels);
  Variant variant = block_per_row(catalog);
  const KnobValues knobs = default_knobs(variant);
  const std::string source = variant.source;
  Bench bench(kKernels);
  // Compiled code of an earlier run would be found again.
  const auto now = std::chrono::system_clock::now().time_since_epoch().count();
  for (const ElementType type : {ElementType::f32, ElementType::f16}) {
    const Problem problem = rows_of_4096(64, type);
    int version = 0;
    const double took = shortest_ms([&] {
      variant.source = source + fmt::format("// saved {} {}\n", now, ++version);
      EXPECT_EQ(bench.play(variant, problem, knobs, true)->verdict, Verdict::pass);
    });
    fmt::print("block_per_row, 64x4096 {}, saved anew: compiled and judged thoroughly in {:.0f} ms\n", name_of(type),
               took);
    EXPECT_LE(took, 1000.0);
  }
}

TEST(EmulatedSpeed, time_grows_with_the_work_and_no_faster) {
  if (kInstrumented) GTEST_SKIP() << "a sanitizer's build is not for timing";
  const Catalog catalog = catalog::scan(kKernels);
  const Variant& variant = block_per_row(catalog);
  const KnobValues knobs = default_knobs(variant);
  Bench bench(kKernels);
  const auto at = [&](std::int64_t rows) {
    const Problem problem = rows_of_4096(rows, ElementType::f32);
    bench.play(variant, problem, knobs, true);
    return shortest_ms([&] { bench.play(variant, problem, knobs, true); });
  };
  const double few = at(16);
  const double many = at(128);
  fmt::print("16 rows of 4096: {:.0f} ms, 128 rows: {:.0f} ms\n", few, many);
  EXPECT_LE(many, 8.0 * few * 1.5) << "eight times the rows must not take much more than eight times as long";
}

}  // namespace
}  // namespace knobscope::emulated_tests
