// Filters of the columns of the results, and what explains the quantities.

#include <set>

#include <gtest/gtest.h>

#include "gui/views/column_filter.h"
#include "gui/views/quantities.h"

namespace knobscope::gui {
namespace {

FilteredCell time(double nanoseconds) { return {"150.6\u2009µs", nanoseconds, true, "µs"}; }

TEST(ColumnFilter, Words) {
  const FilteredCell cell{"Block per row, two passes", {}, false, {}};
  EXPECT_TRUE(lets_through("", cell));
  EXPECT_TRUE(lets_through("  ", cell));
  EXPECT_TRUE(lets_through("ROW two", cell));
  EXPECT_FALSE(lets_through("row three", cell));
  EXPECT_TRUE(lets_through("block=25", {"block=256 unroll=4", {}, false, {}}));
}

TEST(ColumnFilter, FiguresWithAnyUnit) {
  EXPECT_TRUE(lets_through("< 200", time(150.6e3))) << "without a unit: the usual one";
  EXPECT_FALSE(lets_through("<150", time(150.6e3)));
  EXPECT_TRUE(lets_through("> 0.1 ms", time(150.6e3)));
  EXPECT_TRUE(lets_through(">100us", time(150.6e3)));
  EXPECT_TRUE(lets_through("100..200", time(150.6e3)));
  EXPECT_TRUE(lets_through("0.1..0.2 ms", time(150.6e3))) << "the unit behind is that of both";
  EXPECT_FALSE(lets_through("1..2 ms", time(150.6e3)));
  EXPECT_TRUE(lets_through("150.6", time(150.6e3)));
  EXPECT_FALSE(lets_through("140", time(150.6e3)));
  EXPECT_TRUE(lets_through(">= 90 %", {"92 %", 0.92, true, "%"}));
  EXPECT_TRUE(lets_through(">=92", {"92 %", 0.92, true, "%"}));
  EXPECT_FALSE(lets_through(">92", {"92 %", 0.92, true, "%"}));
  EXPECT_TRUE(lets_through("<1e-5", {"2.9e-6", 2.9e-6, true, {}}));
  EXPECT_TRUE(lets_through("> 3 TB/s", {"3.79 TB/s", 3.79e12, true, "GB/s"}));
}

TEST(ColumnFilter, WhatDoesNotExistPassesNoFigure) {
  EXPECT_FALSE(lets_through("< 1 s", {"–", {}, true, "µs"}));
  EXPECT_TRUE(lets_through("–", {"–", {}, true, "µs"})) << "but its dash can be looked for";
}

TEST(ColumnFilter, HalfTypedFiguresAreWords) {
  EXPECT_FALSE(lets_through("<", time(1.0)));
  EXPECT_TRUE(lets_through("150", {"150.6 µs", 150.2e3, true, "µs"}));
}

TEST(Quantities, EachIsExplainedOnce) {
  std::set<std::string_view> names;
  for (const QuantityFacts& facts : quantities()) {
    EXPECT_TRUE(names.insert(facts.name).second) << facts.name;
    EXPECT_TRUE(facts.meaning.ends_with('.')) << facts.name;
    EXPECT_TRUE(explanation_of(facts.name).starts_with(facts.meaning));
  }
  EXPECT_TRUE(explanation_of("no such thing").empty());
}

TEST(Quantities, ThatGoByTwoNamesAreExplainedAlike) {
  for (const auto& [name, other] : {std::pair{"bandwidth", "GB/s"}, std::pair{"vs baseline", "speed-up"},
                                    std::pair{"max abs error", "max abs"}, std::pair{"median", "time"}}) {
    EXPECT_FALSE(explanation_of(name).empty()) << name;
    EXPECT_EQ(explanation_of(name), explanation_of(other));
  }
}

}  // namespace
}  // namespace knobscope::gui
