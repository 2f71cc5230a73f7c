// What changed between two texts.

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "core/line_diff.h"

namespace knobscope {
namespace {

/// The lines one after another as diff writes them: " same", "-removed", "+added".
std::string written(const std::vector<DiffLine>& lines) {
  std::string text;
  for (const DiffLine& line : lines) {
    text += line.fate == LineFate::same ? ' ' : line.fate == LineFate::removed ? '-' : '+';
    text += line.text + "\n";
  }
  return text;
}

std::string side(const std::vector<DiffLine>& lines, LineFate left_out) {
  std::string text;
  for (const DiffLine& line : lines) {
    if (line.fate != left_out) text += line.text + "\n";
  }
  return text;
}

/// Length of the longest common subsequence: what a shortest diff leaves the same.
std::size_t longest_common(const std::string& a, const std::string& b) {
  std::vector<std::vector<std::size_t>> best(a.size() + 1, std::vector<std::size_t>(b.size() + 1, 0));
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      best[i][j] = a[i - 1] == b[j - 1] ? best[i - 1][j - 1] + 1 : std::max(best[i - 1][j], best[i][j - 1]);
    }
  }
  return best[a.size()][b.size()];
}

TEST(LineDiff, KeepsRemovesAndAdds) {
  EXPECT_EQ(written(diff_lines("a\nb\nc\n", "a\nx\nc\nd\n")), " a\n-b\n+x\n c\n+d\n");
  EXPECT_EQ(written(diff_lines("", "a\nb")), "+a\n+b\n");
  EXPECT_EQ(written(diff_lines("a\nb\n", "")), "-a\n-b\n");
  EXPECT_EQ(written(diff_lines("a\nb\n", "a\nb\n")), " a\n b\n");
  EXPECT_TRUE(diff_lines("", "").empty());
}

TEST(LineDiff, LinesHaveTheirNumbersOnBothSides) {
  const std::vector<DiffLine> lines = diff_lines("a\nb\nc\n", "b\nz\nc\n");
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[0], (DiffLine{LineFate::removed, 1, 0, "a"}));
  EXPECT_EQ(lines[1], (DiffLine{LineFate::same, 2, 1, "b"}));
  EXPECT_EQ(lines[2], (DiffLine{LineFate::added, 0, 2, "z"}));
  EXPECT_EQ(lines[3], (DiffLine{LineFate::same, 3, 3, "c"}));
}

TEST(LineDiff, IsRightAndShortestForAnyTexts) {
  std::mt19937 engine(5);
  for (int trial = 0; trial < 300; ++trial) {
    const auto random_text = [&engine] {
      std::string letters(std::uniform_int_distribution<std::size_t>(0, 24)(engine), 'a');
      for (char& letter : letters) letter = static_cast<char>('a' + std::uniform_int_distribution<int>(0, 3)(engine));
      return letters;
    };
    const std::string a = random_text();
    const std::string b = random_text();
    const auto as_lines = [](const std::string& letters) {
      std::string text;
      for (const char letter : letters) text += std::string(1, letter) + "\n";
      return text;
    };
    const std::vector<DiffLine> lines = diff_lines(as_lines(a), as_lines(b));
    EXPECT_EQ(side(lines, LineFate::added), as_lines(a)) << a << " " << b;
    EXPECT_EQ(side(lines, LineFate::removed), as_lines(b)) << a << " " << b;
    const auto same = std::ranges::count(lines, LineFate::same, &DiffLine::fate);
    EXPECT_EQ(static_cast<std::size_t>(same), longest_common(a, b)) << a << " " << b;
  }
}

}  // namespace
}  // namespace knobscope
