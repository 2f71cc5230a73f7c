// What rounding must cost over the offset.

#include <gtest/gtest.h>

#include "gui/theme.h"
#include "gui/views/error_lens.h"

namespace knobscope::gui {
namespace {

SeriesSet over_offsets() {
  SeriesSet set;
  set.from_zero = true;
  Series line;
  for (const double x : {0.0, 10.0, 1000.0}) {
    SeriesPoint point;
    point.x = x;
    line.points.push_back(point);
    set.ticks.push_back({set.position_of(x), ""});
  }
  set.lines.push_back(line);
  return set;
}

TEST(RoundingBounds, GrowWithTheOffsetAndWithItsSquare) {
  const Theme theme = make_theme(ThemeName::dark);
  const std::vector<ReferenceCurve> bounds = rounding_bounds(over_offsets(), "offset", theme);
  ASSERT_EQ(bounds.size(), 2u);
  EXPECT_NEAR(bounds[0].corners.back().y, 0x1p-24 * 1e3, 1e-12);
  EXPECT_NEAR(bounds[1].corners.back().y, 0x1p-24 * 0.5 * (1.0 + 1e6), 1e-9);
  EXPECT_NEAR(bounds[1].corners.back().position, over_offsets().ticks.back().position, 1e-9);
}

TEST(RoundingBounds, AreOfTheOffsetOnly) {
  EXPECT_TRUE(rounding_bounds(over_offsets(), "block", make_theme(ThemeName::dark)).empty());
}

}  // namespace
}  // namespace knobscope::gui
