#include <gtest/gtest.h>

#include "mutate.h"
#include "session/plan_file.h"
#include "session/plan_text.h"

namespace knobscope::session {
namespace {

const std::vector<std::string_view> kWords = {"[",
                                              "]",
                                              "{",
                                              "}",
                                              "[[",
                                              "]]",
                                              "\"",
                                              "'",
                                              "\"\"\"",
                                              "'''",
                                              "=",
                                              ".",
                                              ",",
                                              "\n",
                                              "#",
                                              "..",
                                              "0x",
                                              "nan",
                                              "-inf",
                                              "1e999",
                                              "true",
                                              "\\u",
                                              "\\UFFFFFFFF",
                                              "[(",
                                              "2026-01-01",
                                              "seed",
                                              "[method]",
                                              "[knobs]",
                                              "shapes",
                                              "[[distributions]]",
                                              "-9223372036854775808",
                                              "99999999999999999999",
                                              "kind",
                                              "dtypes = []",
                                              "variants",
                                              "stopping_criterion = \"entropy\"",
                                              "min_r2"};

/// What comes out is a plan that survives being written, or a fault that says something about a line that exists.
void check(const std::string& text) {
  const auto result = parse_plan(text);
  if (const auto* fault = std::get_if<PlanFault>(&result)) {
    EXPECT_FALSE(fault->message.empty()) << text;
    EXPECT_GE(fault->line, 0) << text;
    EXPECT_LE(fault->line, 1 + std::ranges::count(text, '\n')) << fault->message << "\n" << text;
    return;
  }
  const Plan& plan = std::get<Plan>(result);
  const auto again = parse_plan(write_plan(plan));
  ASSERT_TRUE(std::holds_alternative<Plan>(again)) << std::get<PlanFault>(again).message << "\n" << write_plan(plan);
  EXPECT_EQ(std::get<Plan>(again), plan) << text;
}

TEST(PlanMutations, NeverCrashAndNeverLie) {
  Plan plan;
  plan.device = "cuda:1";
  plan.shapes = {{16, 64, 256, 256}, {3, 5}};
  plan.distributions = {{DistributionKind::offset, 12.5}, {DistributionKind::normal, 1000.0}};
  plan.seed = 18446744073709551615ULL;
  plan.variants = {"welford", "odd \"name\""};
  plan.knobs = {{"block", {32, 64}}, {"odd name", {-1}}};
  const std::string whole = write_plan(plan);
  std::mt19937_64 random(20240607);
  for (int i = 0; i < 6000; ++i) {
    // Every other case damages what was damaged before, a few steps away from the whole.
    std::string text = testing::mutate(whole, random, kWords);
    for (int more = i % 4; more > 0; --more) text = testing::mutate(text, random, kWords);
    check(text);
    if (HasFatalFailure()) return;
  }
}

TEST(PlanMutations, DeepNestingIsAFault) {
  for (const char* open : {"[", "{a=", "[[", "a."}) {
    std::string text = "knobs = ";
    for (int i = 0; i < 20000; ++i) text += open;
    check(text);
  }
}

TEST(PlanMutations, KnobTextsAndSeeds) {
  std::mt19937_64 random(99);
  const std::vector<std::string_view> words = {"..", ",", "[", "]", "=", "-", "99999999999999999999", " "};
  for (int i = 0; i < 20000; ++i) {
    const std::string text = testing::mutate("block=[64,128..512]", random, words);
    const auto choice = read_knob_choice(text);
    if (const auto* fault = std::get_if<TextFault>(&choice)) {
      EXPECT_FALSE(fault->message.empty());
    } else {
      EXPECT_FALSE(std::get<KnobChoice>(choice).parts.empty()) << text;
    }
    (void)read_seed(text);
    (void)read_shape(text);
  }
}

}  // namespace
}  // namespace knobscope::session
