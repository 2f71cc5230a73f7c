// Kernels that are right at first only, played: thoroughly they are found out.

#include <gtest/gtest.h>

#include "emulated/bench.h"

namespace knobscope::emulated_tests {
namespace {

constexpr const char* kDeceptive = KNOBSCOPE_SOURCE_DIR "/tests/deceptive/kernels";

struct Deceptive {
  const char* file;
  KnobValues knobs;
  const char* reason;  ///< "": it is right
};

void PrintTo(const Deceptive& deceptive, std::ostream* out) { *out << deceptive.file; }  // NOLINT: GoogleTest's name

class DeceptiveKernel : public testing::TestWithParam<Deceptive> {};

TEST_P(DeceptiveKernel, IsFoundOut) {
  const Catalog catalog = catalog::scan(kDeceptive);
  ASSERT_TRUE(catalog.faults.empty()) << catalog.faults.front().message;
  const Variant* variant = catalog.find(std::string("layernorm_forward/") + GetParam().file + ".cu");
  ASSERT_NE(variant, nullptr);
  Problem problem;
  problem.shape = {37, 65};
  Bench bench(kDeceptive);
  const PointPtr quick = bench.play(*variant, problem, GetParam().knobs, false);
  EXPECT_EQ(quick->verdict, Verdict::pass) << "it deceives a single check: " << describe(*quick);
  const PointPtr point = bench.play(*variant, problem, GetParam().knobs, true);
  const std::string reason = GetParam().reason;
  EXPECT_EQ(point->verdict, reason.empty() ? Verdict::pass : Verdict::wrong) << describe(*point);
  EXPECT_TRUE(point->reason.starts_with(reason)) << describe(*point);
}

INSTANTIATE_TEST_SUITE_P(
    All, DeceptiveKernel,
    testing::Values(
        Deceptive{
            "01_skips_later", {{"right", 3}}, "right at first, wrong later (on inputs of seed 2): y was never written"},
        Deceptive{"02_keeps_results", {}, "right at first, wrong later (on inputs of seed 2): y differs in "},
        Deceptive{"03_first_inputs_only",
                  {},
                  "right at first, wrong later (on inputs of seed 2): y differs in 1 of 2 405 elements"},
        Deceptive{"04_wrong_when_new",
                  {},
                  "right at first, wrong later (on inputs of seed 2, loaded anew): y differs in 1 of "},
        Deceptive{"05_honest", {}, ""}),
    [](const auto& each) { return std::string(each.param.file).substr(3); });

}  // namespace
}  // namespace knobscope::emulated_tests
