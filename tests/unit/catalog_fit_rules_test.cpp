// Conditions of kernel files as C++, and as the chooser's rules.

#include <gtest/gtest.h>

#include "catalog/cpp_expression.h"
#include "catalog/fit_rules.h"

namespace knobscope::catalog {
namespace {

const std::vector<std::string> kAxes = {"rows", "columns", "elements"};

std::string cpp(const std::string& expression) {
  const NameValues known = {{"block", 256}, {"element_size", 4}, {"half", 0.5}, {"less", -2}};
  return to_cpp(expression, known, kAxes).value_or("–");
}

TEST(CppExpression, NamesBecomeNumbersAndNumbersDoubles) {
  EXPECT_EQ(cpp("columns * element_size <= block * 16"), "columns * 4.0 <= 256.0 * 16.0");
  EXPECT_EQ(cpp("block / 32"), "256.0 / 32.0");
  EXPECT_EQ(cpp("half + less"), "0.5 + (-2.0)");
  EXPECT_EQ(cpp("1e3"), "1000.0");
}

TEST(CppExpression, TheRemainderIsAFunction) {
  EXPECT_EQ(cpp("columns % 4 == 0"), "remainder_of(columns, 4.0) == 0.0");
  EXPECT_EQ(cpp("rows * columns % 4"), "remainder_of(rows * columns, 4.0)");
  EXPECT_EQ(cpp("rows + columns % (block / 32)"), "rows + remainder_of(columns, (256.0 / 32.0))");
}

TEST(CppExpression, WordsAndFunctions) {
  EXPECT_EQ(cpp("rows > 1 && columns < 3 || !elements"), "(rows > 1.0 && columns < 3.0) || !(elements)");
  EXPECT_EQ(cpp("round_up(columns, 4) <= min(rows, block, 7)"), "round_up(columns, 4.0) <= min(rows, 256.0, 7.0)");
  EXPECT_EQ(cpp("-columns + +2"), "-(columns) + 2.0");
}

TEST(CppExpression, WhatCppWouldReadInAnotherWayIsRefused) {
  for (const char* text :
       {"", "(", "rows)", "rows ^ 2", "rows ? 1 : 2", "1 < rows < 3", "1 < rows == 1", "d0", "rows +", "sqrt(rows)",
        "rows rows", "min(rows", "min()", "rows $ 2", "!= rows", "system(\"x\")"}) {
    EXPECT_EQ(cpp(text), "–") << text;
  }
  EXPECT_EQ(cpp(std::string(1000, '(') + "1" + std::string(1000, ')')), "–");
  EXPECT_EQ(cpp(std::string(1000, '-') + "1"), "–");
}

class Rules : public testing::Test {
 protected:
  Rules() {
    variant_.operation = Operation::layernorm_forward;
    variant_.types = {ElementType::f32};
    variant_.knobs = {{"block", {128, 256}, 256, ""}};
    variant_.launches.resize(1);
    variant_.launches.front().grid[0] = "rows";
    variant_.launches.front().block[0] = "block";
    device_.kind = DeviceKind::cuda;
    device_.shared_per_block_optin = {1000};
    problem_.shape = {8, 64};
  }
  std::optional<std::vector<std::string>> conditions() const {
    return rules_.shape_conditions(variant_, problem_, {{"block", 256}}, device_, kAxes);
  }

  CatalogFitRules rules_;
  Variant variant_;
  DeviceFacts device_;
  Problem problem_;
};

TEST_F(Rules, RequirementsAndLimitsOfTheLaunch) {
  variant_.requirements = {{"columns <= block", "too long"}, {"block >= 64", "says nothing of shapes"}};
  variant_.launches.front().shared = "columns * element_size";
  variant_.launches.front().grid[1] = "columns";
  EXPECT_EQ(conditions(), (std::vector<std::string>{"columns <= 256.0", "rows <= 2147483647.0", "columns <= 65535.0",
                                                    "(columns * 4.0) <= 1000.0"}));
  EXPECT_FALSE(rules_.find_misfit(variant_, problem_, {{"block", 256}}, device_));
  problem_.shape = {8, 257};
  EXPECT_NE(rules_.find_misfit(variant_, problem_, {{"block", 256}}, device_)->find("too long"), std::string::npos);
}

TEST_F(Rules, WhatNamesOtherThingsOfTheShapeCannotBeSaid) {
  variant_.requirements = {{"d1 % 4 == 0", "four at once"}};
  EXPECT_FALSE(conditions());
}

TEST_F(Rules, ACpuHasNoLimitsOfLaunches) {
  variant_.device = DeviceKind::cpu;
  EXPECT_EQ(conditions(), std::vector<std::string>());
}

}  // namespace
}  // namespace knobscope::catalog
