// Ranges of figures: the text that is typed, the track that is dragged, and that both say the same.

#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "gui/widgets/figure_range.h"
#include "gui/widgets/figure_spread.h"

namespace knobscope::gui {
namespace {

TEST(FigureRange, IsWrittenInTheUnitThatFits) {
  EXPECT_EQ(write_range(range_between(-HUGE_VAL, 200e3), "µs"), "< 200 µs");
  EXPECT_EQ(write_range(range_between(1.5e12, HUGE_VAL), "GB/s"), "> 1.5 TB/s");
  EXPECT_EQ(write_range(range_between(1.0, 0.9), "%"), "90..100 %");
  EXPECT_EQ(write_range(range_between(2e6, 1.25e6), "µs"), "1.25..2 ms");
  EXPECT_EQ(write_range(range_between(5.0, 2e6), "µs"), "5 ns..2 ms") << "each its own where they are far apart";
  EXPECT_EQ(write_range(range_between(31e3, 2e6), "µs"), "31 µs..2 ms");
  EXPECT_EQ(write_range(range_between(0.0, 2e6), "µs"), "0..2 ms");
  EXPECT_EQ(write_range(range_between(2.0, 40.0), "×"), "2..40 ×");
  EXPECT_EQ(write_range(range_between(-HUGE_VAL, 2.5e-6), ""), "< 2.5e-6");
  EXPECT_EQ(write_range({}, "µs"), "");
  EXPECT_EQ(write_range({-HUGE_VAL, 1e3, true, true}, "µs"), "<= 1 µs");
  EXPECT_EQ(write_range({1e3, HUGE_VAL, true, true}, "µs"), ">= 1 µs");
}

TEST(FigureRange, WhatIsWrittenReadsAsTheSame) {
  const std::array<std::pair<FigureRange, std::string_view>, 9> ranges = {{{range_between(-HUGE_VAL, 200e3), "µs"},
                                                                           {range_between(1.5e12, HUGE_VAL), "GB/s"},
                                                                           {range_between(0.9, 1.0), "%"},
                                                                           {range_between(5.0, 2e6), "µs"},
                                                                           {range_between(0.0, 1e-3), ""},
                                                                           {range_between(1e-7, 1e-3), ""},
                                                                           {range_between(0.5, 12.5), "×"},
                                                                           {{2e3, HUGE_VAL, true, true}, "µs"},
                                                                           {{-HUGE_VAL, 3e9, true, true}, "GB/s"}}};
  for (const auto& [range, unit] : ranges) {
    const std::string text = write_range(range, unit);
    const auto again = read_range(text, unit);
    ASSERT_TRUE(again) << text;
    EXPECT_EQ(again->with_low, range.with_low) << text;
    EXPECT_EQ(again->with_high, range.with_high) << text;
    if (range.has_low()) {
      EXPECT_DOUBLE_EQ(again->low, range.low) << text;
    }
    if (range.has_high()) {
      EXPECT_DOUBLE_EQ(again->high, range.high) << text;
    }
    EXPECT_EQ(again->has_low(), range.has_low()) << text;
    EXPECT_EQ(again->has_high(), range.has_high()) << text;
  }
}

TEST(FigureRange, WordsAreNone) {
  for (const char* text : {"", "<", "..", "1..", "welford", "5 parsecs", "nan", "inf", "–"}) {
    EXPECT_FALSE(read_range(text, "µs")) << text;
  }
}

TEST(FigureScale, SpansOfDecadesGoByPowers) {
  const FigureScale times(std::array{1e3, 1e5, 1e7});
  EXPECT_TRUE(times.by_powers());
  EXPECT_DOUBLE_EQ(times.position_of(1e3), 0.0);
  EXPECT_NEAR(times.position_of(1e5), 0.5, 1e-12);
  EXPECT_DOUBLE_EQ(times.position_of(1e7), 1.0);
  EXPECT_DOUBLE_EQ(times.position_of(1.0), 0.0) << "what lies beyond an end lies at it";
  EXPECT_DOUBLE_EQ(times.position_of(HUGE_VAL), 1.0);
  const FigureScale shares(std::array{0.2, 0.7, 1.0});
  EXPECT_FALSE(shares.by_powers());
  EXPECT_NEAR(shares.position_of(0.6), 0.5, 1e-12);
  const FigureScale even(std::array{0.001, 0.9, 1.001}, Spacing::even);
  EXPECT_FALSE(even.by_powers());
  EXPECT_NEAR(even.position_of(0.901), 0.9, 1e-12);
}

TEST(FigureScale, WhatIsNotFiniteHasNoPlace) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(FigureScale(std::array{nan, HUGE_VAL}).is_flat());
  EXPECT_TRUE(FigureScale(std::array{5.0, 5.0, nan}).is_flat());
  EXPECT_TRUE(FigureScale().is_flat());
  const FigureScale scale(std::array{nan, 1.0, 2.0, HUGE_VAL});
  EXPECT_FALSE(scale.is_flat());
  EXPECT_DOUBLE_EQ(scale.position_of(2.0), 1.0);
}

TEST(FigureScale, ZerosComeBeforeTheSmallestPower) {
  const FigureScale errors(std::array{0.0, 1e-7, 1e-2});
  EXPECT_TRUE(errors.by_powers());
  EXPECT_DOUBLE_EQ(errors.position_of(0.0), 0.0);
  EXPECT_DOUBLE_EQ(errors.lowest(), 0.0);
  EXPECT_DOUBLE_EQ(errors.highest(), 1e-2);
  EXPECT_GT(errors.position_of(1e-7), 0.04);
  // A range that begins between them keeps the one and drops the other.
  const double between = errors.figure_at(0.025, 0.005);
  EXPECT_GT(between, 0.0);
  EXPECT_LT(between, 1e-7);
  EXPECT_FALSE(FigureScale(std::array{-1.0, 0.0, 100.0}).by_powers());
}

TEST(FigureScale, FiguresHaveNoMoreDigitsThanADragCanTell) {
  const FigureScale shares(std::array{0.0, 1.0});
  EXPECT_DOUBLE_EQ(shares.figure_at(0.9012, 0.005), 0.9);
  EXPECT_DOUBLE_EQ(shares.figure_at(0.9012, 0.0005), 0.901);
  const FigureScale times(std::array{1e3, 1e7});
  for (double position = 0.0; position <= 1.0; position += 0.0125) {
    const double figure = times.figure_at(position, 0.00625);
    EXPECT_NEAR(times.position_of(figure), position, 0.00625 + 1e-9) << figure;
    EXPECT_LE(write_range(range_between(-HUGE_VAL, figure), "µs").size(), std::string("< 9.99 µs").size()) << figure;
  }
}

TEST(FigureSpread, CountsEveryFigureThatThereIs) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> figures = {1.0, 1.1, nan, 2.0, HUGE_VAL};
  const FigureScale scale(figures);
  FigureCounts counts{};
  for (const double figure : figures) {
    if (const auto bin = bin_of(scale, figure)) ++counts[*bin];
  }
  EXPECT_EQ(counts.front(), 1);
  EXPECT_EQ(counts.back(), 2) << "the largest, and the one beyond it";
  int sum = 0;
  for (const int count : counts) sum += count;
  EXPECT_EQ(sum, 4);
  EXPECT_FALSE(bin_of(FigureScale(), 1.0)) << "nowhere to be counted";
}

}  // namespace
}  // namespace knobscope::gui
