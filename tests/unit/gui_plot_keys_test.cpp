// A plot by the keyboard.

#include <memory>

#include <gtest/gtest.h>

#include "gui/views/plot_keys.h"

namespace knobscope::gui {
namespace {

SeriesPoint at(std::int64_t id, double position, std::optional<double> y) {
  auto point = std::make_shared<Point>();
  point->request.id = id;
  SeriesPoint each;
  each.x = each.position = position;
  each.y = y;
  each.point = point;
  return each;
}

/// Three lines over 1, 2, 3; the last one stands on the floor at 2, and the second has no point at 3.
SeriesSet sample() {
  SeriesSet set;
  set.lines.push_back({"low", "low", 0, {at(1, 1.0, 10.0), at(2, 2.0, 11.0), at(3, 3.0, 12.0)}});
  set.lines.push_back({"high", "high", 1, {at(4, 1.0, 30.0), at(5, 2.0, 31.0)}});
  set.lines.push_back({"middle", "middle", 2, {at(6, 1.0, 20.0), at(7, 2.0, std::nullopt), at(8, 3.0, 20.0)}});
  return set;
}

std::int64_t led_to(std::int64_t from, int right, int up) {
  return point_beside(sample(), from, right, up)->request.id;
}

TEST(PlotKeys, LeftAndRightGoAlongALineToItsEnds) {
  EXPECT_EQ(led_to(1, 1, 0), 2);
  EXPECT_EQ(led_to(2, -1, 0), 1);
  EXPECT_EQ(led_to(1, -1, 0), 1);
  EXPECT_EQ(led_to(5, 1, 0), 5);
}

TEST(PlotKeys, UpAndDownGoToTheLineNextAbove) {
  EXPECT_EQ(led_to(1, 0, 1), 6);
  EXPECT_EQ(led_to(6, 0, 1), 4);
  EXPECT_EQ(led_to(4, 0, 1), 4);
  EXPECT_EQ(led_to(4, 0, -1), 6);
  EXPECT_EQ(led_to(2, 0, -1), 7) << "what has no number stands below all others";
  EXPECT_EQ(led_to(7, 0, 1), 2);
  EXPECT_EQ(led_to(8, 0, 1), 5) << "the nearest place of a line that does not reach as far";
}

TEST(PlotKeys, BeginWithTheFirstPoint) {
  EXPECT_EQ(point_beside(sample(), std::nullopt, 1, 0)->request.id, 1);
  EXPECT_EQ(point_beside(sample(), 99, 0, 1)->request.id, 1);
  EXPECT_EQ(point_beside({}, std::nullopt, 1, 0), nullptr);
}

TEST(PlotKeys, ZoomKeepsTheMiddleAndComesBack) {
  const PlotSpan span = {0.0, 10.0, 1.0, 100.0};
  const PlotSpan closer = zoomed(span, 1, true);
  EXPECT_NEAR(closer.left + closer.right, 10.0, 1e-12);
  EXPECT_NEAR(closer.bottom * closer.top, 100.0, 1e-9) << "the middle of an axis of powers";
  EXPECT_LT(closer.right - closer.left, 10.0);
  const PlotSpan back = zoomed(closer, -1, true);
  EXPECT_NEAR(back.left, span.left, 1e-9);
  EXPECT_NEAR(back.top, span.top, 1e-6);
}

TEST(PlotKeys, MovesByAnEighth) {
  const PlotSpan moved_span = moved({0.0, 8.0, 0.0, 16.0}, 1, -2, false);
  EXPECT_EQ(moved_span, (PlotSpan{1.0, 9.0, -4.0, 12.0}));
}

}  // namespace
}  // namespace knobscope::gui
