// Few points all get their marks; of many those that cover each other share one, and none of its kind goes missing.

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "gui/views/level_of_detail.h"

namespace knobscope::gui {
namespace {

std::vector<PlacedPoint> drawn_at_random(std::size_t count, int series) {
  std::mt19937 engine(11);
  std::uniform_real_distribution<float> x(0.0F, 900.0F);
  std::uniform_real_distribution<float> y(0.0F, 300.0F);
  std::vector<PlacedPoint> points;
  for (std::size_t i = 0; i < count; ++i) {
    points.push_back({{x(engine), y(engine)}, static_cast<int>(i) % series, 0, true});
  }
  return points;
}

TEST(LevelOfDetail, FewPointsAreAllShown) {
  std::vector<PlacedPoint> points = drawn_at_random(100, 3);
  points.push_back(points.front());
  points.push_back({{5000.0F, 10.0F}, 0, 0, false});
  const Detail detail = detail_of(points, 4.0F, 200);
  EXPECT_EQ(detail.points, 101U);
  EXPECT_EQ(detail.marks, 101U);
  EXPECT_FALSE(detail.is_thinned());
  EXPECT_FALSE(detail.shown.back()) << "outside";
}

TEST(LevelOfDetail, ManyPointsShareMarksAndEachHasOneNearBy) {
  const std::vector<PlacedPoint> points = drawn_at_random(50'000, 4);
  const Detail detail = detail_of(points, 4.0F, 20'000);
  EXPECT_EQ(detail.points, points.size());
  EXPECT_TRUE(detail.is_thinned());
  EXPECT_LE(detail.marks, 20'000U);
  EXPECT_EQ(detail.marks, static_cast<std::size_t>(std::ranges::count(detail.shown, true)));
  // Whatever is not shown lies in the square of one of its series that is.
  for (std::size_t i = 0; i < points.size(); i += 997) {
    bool stood_for = false;
    for (std::size_t j = 0; j < points.size() && !stood_for; ++j) {
      stood_for = detail.shown[j] && points[j].series == points[i].series &&
                  std::abs(points[j].at.x - points[i].at.x) <= detail.cell &&
                  std::abs(points[j].at.y - points[i].at.y) <= detail.cell;
    }
    EXPECT_TRUE(stood_for) << i;
  }
}

TEST(LevelOfDetail, AWrongOneIsNotHiddenByRightOnes) {
  std::vector<PlacedPoint> points(1000, PlacedPoint{{10.0F, 10.0F}, 2, 0, true});
  points[777].look = 1;
  points[778].series = 3;
  const Detail detail = detail_of(points, 4.0F, 100);
  EXPECT_EQ(detail.marks, 3U);
  EXPECT_TRUE(detail.shown[0]);
  EXPECT_TRUE(detail.shown[777]);
  EXPECT_TRUE(detail.shown[778]);
}

}  // namespace
}  // namespace knobscope::gui
