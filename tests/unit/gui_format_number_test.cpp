#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "gui/widgets/format_number.h"

namespace knobscope::gui {
namespace {

TEST(FormatNumber, ATimeAndItsIntervalHaveOneUnitAndTheDigitsThatAreSure) {
  EXPECT_EQ(format_time_within(Nanoseconds(68'800), Nanoseconds(656)), "68.8 ± 0.7\u2009µs");
  EXPECT_EQ(format_time_within(Nanoseconds(150'634), Nanoseconds(140)), "150.63 ± 0.14\u2009µs");
  EXPECT_EQ(format_time_within(Nanoseconds(2.005e6), Nanoseconds(2.4e5)), "2.0 ± 0.2\u2009ms");
  EXPECT_EQ(format_time_within(Nanoseconds(2'412.0), Nanoseconds(3'100.0)), "2 ± 3\u2009µs");
  EXPECT_EQ(format_time_within(Nanoseconds(150'600), Nanoseconds(0)), "150.6\u2009µs") << "no interval";
}

TEST(FormatNumber, FiguresWithoutAPrefixHaveThinSpaces) {
  EXPECT_EQ(format_whole(1972.4, "MHz"), "1\u2009972\u2009MHz");
  EXPECT_EQ(format_value(12'340.5, 6), "12\u2009340.5");
  EXPECT_EQ(format_value(-0.00048712, 3), "-0.000487");
  EXPECT_EQ(format_value(5.5e-7, 3), "5.5e-7");
  EXPECT_EQ(format_value(HUGE_VAL, 3), "Inf");
  EXPECT_EQ(format_value(0.871, 3, "FLOP/B"), "0.871\u2009FLOP/B");
  EXPECT_EQ(format_extents(std::vector<std::int64_t>{16, 4'194'304}, "×"), "16×4\u2009194\u2009304");
  EXPECT_EQ(format_rate_tick(0.0), "0");
}

}  // namespace
}  // namespace knobscope::gui
