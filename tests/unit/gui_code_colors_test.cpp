// Code in colours without an editor on screen.

#include <string>

#include <gtest/gtest.h>

#include "gui/views/code_colors.h"

namespace knobscope::gui {
namespace {

/// What a text within a line is; the kind of the piece that it begins in.
CodeKind kind_at(const std::string& code, std::size_t line, std::string_view what) {
  std::string text = code;
  for (std::size_t i = 0; i < line; ++i) text.erase(0, text.find('\n') + 1);
  text.resize(std::min(text.find('\n'), text.size()));
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  const std::vector<std::vector<CodePiece>> lines = code_pieces(code);
  for (const CodePiece& piece : lines.at(line)) {
    if (at >= piece.begin && at < piece.end) return piece.kind;
  }
  ADD_FAILURE() << what << " is in no piece";
  return CodeKind::text;
}

const std::string kCode =
    "#include <knobscope/reduce.h>\n"
    "__global__ void scale(float* y) {  // σ² of each row\n"
    "  /* two\n"
    "     lines */ for (int i = 0; i < 42; ++i) y[i] = 1.5f;\n"
    "\n"
    "  const char* name = \"a + b\"; return;\n"
    "}";

TEST(CodeColors, AreThoseOfTheLanguage) {
  EXPECT_EQ(kind_at(kCode, 0, "#include"), CodeKind::directive);
  EXPECT_EQ(kind_at(kCode, 1, "float"), CodeKind::keyword);
  EXPECT_EQ(kind_at(kCode, 1, "scale"), CodeKind::text);
  EXPECT_EQ(kind_at(kCode, 1, "//"), CodeKind::comment);
  EXPECT_EQ(kind_at(kCode, 1, "row"), CodeKind::comment);
  EXPECT_EQ(kind_at(kCode, 3, "for"), CodeKind::keyword);
  EXPECT_EQ(kind_at(kCode, 3, "42"), CodeKind::number);
  EXPECT_EQ(kind_at(kCode, 3, "1.5f"), CodeKind::number);
  EXPECT_EQ(kind_at(kCode, 3, "="), CodeKind::punctuation);
  EXPECT_EQ(kind_at(kCode, 5, "\"a + b"), CodeKind::string);
  EXPECT_EQ(kind_at(kCode, 5, "+ b"), CodeKind::string);
  EXPECT_EQ(kind_at(kCode, 5, "return"), CodeKind::keyword);
}

TEST(CodeColors, ACommentGoesOnInTheNextLine) {
  EXPECT_EQ(kind_at(kCode, 2, "two"), CodeKind::comment);
  EXPECT_EQ(kind_at(kCode, 3, "lines"), CodeKind::comment);
}

TEST(CodeColors, PiecesCoverEveryLine) {
  std::string rest = kCode + "\r\n";
  const auto lines = code_pieces(rest);
  ASSERT_EQ(lines.size(), 8U);
  for (const std::vector<CodePiece>& pieces : lines) {
    const std::size_t length = std::min(rest.find('\n'), rest.size());
    std::size_t at = 0;
    for (const CodePiece& piece : pieces) {
      EXPECT_EQ(piece.begin, at);
      EXPECT_GT(piece.end, piece.begin);
      at = piece.end;
    }
    EXPECT_EQ(at, length);
    rest.erase(0, length + 1);
  }
  EXPECT_TRUE(lines[4].empty());
}

}  // namespace
}  // namespace knobscope::gui
