// What changed within lines.

#include <string>

#include <gtest/gtest.h>

#include "core/word_diff.h"

namespace knobscope {
namespace {

/// The line with what changed in brackets.
std::string marked(std::string_view line, const std::vector<TextPart>& parts) {
  std::string text(line);
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    text.insert(part->end, "]");
    text.insert(part->begin, "[");
  }
  return text;
}

void expect_changes(const std::string& before, const std::string& after, const char* gone, const char* fresh) {
  const WordChanges changes = changed_words(before, after);
  EXPECT_EQ(marked(before, changes.before), gone);
  EXPECT_EQ(marked(after, changes.after), fresh);
}

TEST(WordDiff, MarksWordsAndSignsThatChanged) {
  expect_changes("for (int i = 0; i < n; ++i)", "for (int i = lane; i < n; i += 32)", "for (int i = [0]; i < n; [++]i)",
                 "for (int i = [lane]; i < n; i [+= 32])");
  expect_changes("float sum = 0;", "double sum = 0;", "[float] sum = 0;", "[double] sum = 0;");
  expect_changes("a + b", "a", "a [+ b]", "a");
}

TEST(WordDiff, BlanksAloneAreNoChangeAndDoNotPartOne) {
  expect_changes("  x = 1;", "    x = 1;", "  x = 1;", "    x = 1;");
  expect_changes("call(one two)", "call(three four)", "call([one two])", "call([three four])");
}

TEST(WordDiff, LettersBeyondAsciiStayWhole) {
  expect_changes("// σ² of x", "// µ² of x", "// [σ²] of x", "// [µ²] of x");
}

TEST(WordDiff, TellsHowAlikeLinesAre) {
  EXPECT_EQ(changed_words("same line", "same line").alike, 1.0);
  EXPECT_EQ(changed_words("", "  ").alike, 1.0);
  EXPECT_EQ(changed_words("abc", "xyz").alike, 0.0);
  EXPECT_NEAR(changed_words("one two", "one six").alike, 0.5, 1e-9);
}

TEST(ChangesWithin, ALineBelongsToTheFirstOneThatIsAlike) {
  const std::vector<DiffLine> lines =
      diff_lines("{\nfloat sum = first(x);\nreturn;\n}\n", "{\n// quite another line\ndouble sum = first(x);\n}\n");
  const auto parts = changes_within(lines);
  ASSERT_EQ(parts.size(), lines.size());
  std::string text;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    text += lines[i].fate == LineFate::same ? ' ' : lines[i].fate == LineFate::removed ? '-' : '+';
    text += marked(lines[i].text, parts[i]) + '\n';
  }
  EXPECT_EQ(text, " {\n-[float] sum = first(x);\n-return;\n+// quite another line\n+[double] sum = first(x);\n }\n");
}

TEST(ChangesWithin, LinesThatWereOnlyAddedOrRemovedHaveNone) {
  for (const auto& [before, after] : {std::pair{"a\nb\n", "a\n"}, std::pair{"a\n", "a\nb\n"}}) {
    for (const auto& parts : changes_within(diff_lines(before, after))) EXPECT_TRUE(parts.empty());
  }
}

TEST(ChangesWithin, PartsLieInTheirLineAndAscend) {
  const std::vector<DiffLine> lines =
      diff_lines("int a = b + c * d;\nx(1, 2, 3);\n", "int a = e + c * f;\nx(1, 9, 3, 4);\n");
  const auto parts = changes_within(lines);
  std::size_t marks = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::size_t from = 0;
    for (const TextPart& part : parts[i]) {
      EXPECT_GE(part.begin, from);
      EXPECT_LT(part.begin, part.end);
      EXPECT_LE(part.end, lines[i].text.size());
      from = part.end;
      ++marks;
    }
  }
  EXPECT_EQ(marks, 4U + 3U);
}

}  // namespace
}  // namespace knobscope
