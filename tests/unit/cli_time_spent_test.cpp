#include <gtest/gtest.h>

#include "cli/time_spent_text.h"

namespace knobscope::cli {
namespace {

PointPtr point(double warm_up_s, double samples_s) {
  auto made = std::make_shared<Point>();
  made->spent.emplace();
  (*made->spent)[Expense::warm_up] = warm_up_s;
  (*made->spent)[Expense::samples] = samples_s;
  return made;
}

/// The numbers of the line that begins with this word.
std::string line_of(const std::string& text, const std::string& word) {
  const std::size_t at = text.find("\n" + word);
  if (at == std::string::npos) return {};
  return text.substr(at + 1, text.find('\n', at + 1) - at - 1);
}

TEST(TimeSpentText, SumsPointsAndCallsTheRestOutside) {
  const std::string text = time_spent_text(std::vector{point(0.030, 0.010), point(0.010, 0.020)}, 0.1, 0.004);
  EXPECT_EQ(line_of(text, "warm-up").substr(0, 49), "warm-up            0.040 s     20.000 ms   40.0 %");
  EXPECT_EQ(line_of(text, "samples").substr(0, 49), "samples            0.030 s     15.000 ms   30.0 %");
  EXPECT_EQ(line_of(text, "outside").substr(0, 49), "outside            0.030 s     15.000 ms   30.0 %");
  EXPECT_NE(line_of(text, "all ").find("2 points"), std::string::npos);
  EXPECT_NE(line_of(text, "session file").find("0.004 s"), std::string::npos);
}

TEST(TimeSpentText, NoPointsAndNoSessionAreNoMistake) {
  const std::string text = time_spent_text({}, 0.0, 0.0);
  EXPECT_NE(line_of(text, "all ").find("0 points"), std::string::npos);
  EXPECT_EQ(line_of(text, "session file"), "");
  EXPECT_EQ(text.find("nan"), std::string::npos);
  EXPECT_EQ(text.find("inf"), std::string::npos);
}

TEST(TimeSpentText, APointThatFailedBeforeItsWorkerSaidHasNone) {
  const std::string text = time_spent_text(std::vector<PointPtr>{std::make_shared<Point>()}, 0.5, 0.0);
  EXPECT_NE(line_of(text, "outside").find("0.500 s"), std::string::npos);
  EXPECT_NE(line_of(text, "all ").find("1 do not say"), std::string::npos);
}

TEST(TimeSpentText, OfASessionThePointsAreAllThereIs) {
  const std::vector points{point(0.030, 0.010), point(0.010, 0.020), std::make_shared<const Point>()};
  EXPECT_TRUE(any_says_where_time_went(points));
  EXPECT_FALSE(any_says_where_time_went(std::span(points).subspan(2)));
  const std::string text = time_spent_text(points, std::nullopt, 0.0);
  EXPECT_EQ(line_of(text, "outside"), "");
  EXPECT_EQ(line_of(text, "all ").substr(0, 49), "all                0.070 s     35.000 ms  100.0 %");
}

}  // namespace
}  // namespace knobscope::cli
