// The language of launch expressions: every operator and function, exactness, and what is said of mistakes.

#include <chrono>

#include <gtest/gtest.h>

#include "catalog/expression.h"

namespace knobscope::catalog {
namespace {

class CatalogExpression : public testing::Test {
 protected:
  std::int64_t integer(const std::string& text) const {
    const auto result = evaluator_.integer(text);
    if (const auto* fault = std::get_if<ExpressionFault>(&result)) {
      ADD_FAILURE() << fault->message;
      return -999;
    }
    return std::get<std::int64_t>(result);
  }
  std::string fault(const std::string& text) const {
    const auto result = evaluator_.integer(text);
    const auto* fault = std::get_if<ExpressionFault>(&result);
    if (fault == nullptr) ADD_FAILURE() << "'" << text << "' is " << std::get<std::int64_t>(result);
    return fault == nullptr ? std::string() : fault->message;
  }

  Evaluator evaluator_{{{"rows", 10.0},
                        {"columns", 770.0},
                        {"block", 96.0},
                        {"zero", 0.0},
                        {"epsilon", 1e-5},
                        {"big", 9007199254740991.0}}};
};

TEST_F(CatalogExpression, Arithmetic) {
  EXPECT_EQ(integer("rows"), 10);
  EXPECT_EQ(integer(" 2 + 3 * 4 "), 14);
  EXPECT_EQ(integer("(2+3)*4"), 20);
  EXPECT_EQ(integer("-rows + 3"), -7);
  EXPECT_EQ(integer("rows - -3"), 13);
  EXPECT_EQ(integer("rows / 5"), 2);
  EXPECT_EQ(integer("2^10"), 1024);
  EXPECT_EQ(integer("columns % block"), 2);
  EXPECT_EQ(integer("-7 % 4"), -3);
  EXPECT_EQ(integer("7 * 3 % 4"), 1);
  EXPECT_EQ(integer("10 % 4 * 3"), 6);
  EXPECT_EQ(integer("1 + 10 % 4"), 3);
}

TEST_F(CatalogExpression, OperatorsOfTwoCharacters) {
  EXPECT_EQ(integer("3<=3"), 1);
  EXPECT_EQ(integer("3>=4"), 0);
  EXPECT_EQ(integer("3==3"), 1);
  EXPECT_EQ(integer("3!=3"), 0);
  EXPECT_EQ(integer("3<4&&4<3"), 0);
  EXPECT_EQ(integer("3<4||4<3"), 1);
  EXPECT_EQ(integer("!(3<4)"), 0);
  EXPECT_EQ(integer("!zero"), 1);
  EXPECT_EQ(integer("!zero == 1"), 1);
  EXPECT_EQ(integer("columns%2==0&&columns%block!=0"), 1);
  EXPECT_EQ(integer("rows>=10?block:1"), 96);
  EXPECT_EQ(integer("rows > 10 ? 1 : rows == 10 ? 2 : 3"), 2);
}

TEST_F(CatalogExpression, Functions) {
  EXPECT_EQ(integer("ceil_div(columns, block)"), 9);
  EXPECT_EQ(integer("ceil_div(768, block)"), 8);
  EXPECT_EQ(integer("ceil_div(0, block)"), 0);
  EXPECT_EQ(integer("ceil_div(-7, 2)"), -3);
  EXPECT_EQ(integer("round_up(columns, 32)"), 800);
  EXPECT_EQ(integer("round_up(768, 32)"), 768);
  EXPECT_EQ(integer("min(rows, block)"), 10);
  EXPECT_EQ(integer("max(rows, block, 100)"), 100);
  EXPECT_EQ(integer("pow2_ceil(96)"), 128);
  EXPECT_EQ(integer("pow2_ceil(128)"), 128);
  EXPECT_EQ(integer("pow2_ceil(0)"), 1);
  EXPECT_EQ(integer("log2_ceil(96)"), 7);
  EXPECT_EQ(integer("log2_ceil(1)"), 0);
  EXPECT_EQ(integer("log2_ceil(1024)"), 10);
  EXPECT_EQ(integer("log2_ceil(1025)"), 11);
  EXPECT_EQ(integer("pow2_ceil(1025)"), 2048);
  EXPECT_EQ(integer("abs(-4)"), 4);
  EXPECT_EQ(integer("floor(rows / 4)"), 2);
  EXPECT_EQ(integer("ceil(rows / 4)"), 3);
}

TEST_F(CatalogExpression, ExactUpTo2To53) {
  // The rounded quotient (2^53 - 1) / 2 * 2 would already be wrong.
  EXPECT_EQ(integer("ceil_div(big, 2)"), 4503599627370496);
  EXPECT_EQ(integer("ceil_div(big, big - 1)"), 2);
  EXPECT_EQ(integer("big % 2"), 1);
  EXPECT_EQ(integer("big"), 9007199254740991);
  EXPECT_NE(fault("big * 2").find("2^53"), std::string::npos);
}

TEST_F(CatalogExpression, FaultsSayWhatToDo) {
  EXPECT_NE(fault("colums / 2").find("Did you mean 'columns'?"), std::string::npos);
  EXPECT_NE(fault("nothing_like_it").find("Known are: big, block"), std::string::npos);
  EXPECT_NE(fault("ceildiv(rows, 2)").find("Did you mean 'ceil_div'?"), std::string::npos);
  EXPECT_NE(fault("sqrt(rows)").find("Known are: ceil_div"), std::string::npos);
  EXPECT_NE(fault("ceil_div").find("ceil_div(...)"), std::string::npos);
  EXPECT_NE(fault("rows = 10").find("'=='"), std::string::npos);
  EXPECT_NE(fault("rows & 3").find("'&&'"), std::string::npos);
  EXPECT_NE(fault("rows | 3").find("'||'"), std::string::npos);
  EXPECT_NE(fault("rows; 3").find("';'"), std::string::npos);
  EXPECT_NE(fault("\"rows\"").find("no meaning"), std::string::npos);
  EXPECT_NE(fault("rows, 3").find("several values"), std::string::npos);
  EXPECT_NE(fault("").find("empty"), std::string::npos);
  EXPECT_NE(fault(" \t").find("empty"), std::string::npos);
  EXPECT_NE(fault("rows / 4").find("2.5"), std::string::npos);
  EXPECT_NE(fault("rows / 4").find("ceil_div"), std::string::npos);
  EXPECT_NE(fault("rows / zero").find("divides by zero"), std::string::npos);
  EXPECT_NE(fault("rows % zero").find("no value"), std::string::npos);
  EXPECT_NE(fault("ceil_div(rows, zero)").find("no value"), std::string::npos);
  EXPECT_NE(fault("2.5 % 2").find("no value"), std::string::npos);
  EXPECT_NE(fault(std::string(2000, '1')).find("longer than"), std::string::npos);
  for (const char* broken :
       {"rows *",         "* rows",          "(rows",    "rows)",      "rows rows", "rows 2", "2 rows",
        "ceil_div(rows)", "ceil_div(1,2,3)", "rows ? 1", "rows ? 1 :", "1 : 2",     "()",     "min()",
        "1..2",           "1e999",           "rows ! 2", "0x10",       "3 <=",      "&& 1",   "a.b"}) {
    EXPECT_FALSE(fault(broken).empty()) << broken;
    EXPECT_FALSE(evaluator_.find_fault(broken).empty()) << broken;
  }
}

TEST_F(CatalogExpression, AFaultLeavesTheEvaluatorUsable) {
  fault("rows *");
  fault("colums");
  EXPECT_EQ(integer("rows * 2"), 20);
}

TEST_F(CatalogExpression, SyntaxIsCheckedWhateverTheValues) {
  EXPECT_EQ(evaluator_.find_fault("rows / zero"), "");
  EXPECT_EQ(evaluator_.find_fault("rows / 4"), "");
}

TEST_F(CatalogExpression, KindsAndNamesAreThoseWritten) {
  EXPECT_TRUE(is_real("epsilon"));
  EXPECT_TRUE(is_real("1.0 / columns"));
  EXPECT_TRUE(is_real("1e3"));
  EXPECT_FALSE(is_real("rows / 4"));
  EXPECT_FALSE(is_real("ceil_div(columns, 4)"));
  EXPECT_FALSE(is_real("e1"));
  EXPECT_EQ(names_in("ceil_div(columns, block) + columns % 4"), (std::vector<std::string>{"columns", "block"}));
  EXPECT_EQ(names_in("1e5"), std::vector<std::string>{});
  EXPECT_EQ(std::get<double>(evaluator_.real("1.0 / rows")), 0.1);
}

TEST_F(CatalogExpression, MovedEvaluatorsKeepTheirNames) {
  Evaluator moved = std::move(evaluator_);
  EXPECT_EQ(std::get<std::int64_t>(moved.integer("rows + block")), 106);
  evaluator_ = std::move(moved);
  EXPECT_EQ(integer("columns"), 770);
}

TEST_F(CatalogExpression, DefinitionsAreWrittenOut) {
  const std::map<std::string, std::string, std::less<>> known = {
      {"a", "rows + 1"}, {"n", "7"}, {"call", "max(rows, 2)"}, {"two", "max(1, 2) + (3)"}, {"whole", "(rows) * (2)"}};
  EXPECT_EQ(expanded("2 * a", known), "2 * (rows + 1)");
  EXPECT_EQ(expanded(" a ", known), " rows + 1 ");  // nothing beside it
  EXPECT_EQ(expanded("n * call*call", known), "7 * max(rows, 2)*max(rows, 2)");
  EXPECT_EQ(expanded("-two - whole", known), "-(max(1, 2) + (3)) - ((rows) * (2))");
  EXPECT_EQ(expanded("ab + a1 + a(3) + min(a, b)", known), "ab + a1 + a(3) + min((rows + 1), b)");
  EXPECT_EQ(expanded("", known), "");
}

}  // namespace
}  // namespace knobscope::catalog
