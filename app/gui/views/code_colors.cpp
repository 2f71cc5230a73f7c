#include "gui/views/code_colors.h"

#include <algorithm>

#include <TextEditor.h>

namespace knobscope::gui {
namespace {

CodeKind kind_of(TextEditor::Color color) {
  using Color = TextEditor::Color;
  switch (color) {
    case Color::keyword:
    case Color::declaration:
      return CodeKind::keyword;
    case Color::number:
      return CodeKind::number;
    case Color::string:
      return CodeKind::string;
    case Color::comment:
      return CodeKind::comment;
    case Color::preprocessor:
      return CodeKind::directive;
    case Color::punctuation:
    case Color::matchingBracketLevel1:
    case Color::matchingBracketLevel2:
    case Color::matchingBracketLevel3:
      return CodeKind::punctuation;
    default:
      return CodeKind::text;
  }
}

/// Bytes of the UTF-8 sequence that begins with `first`.
std::size_t sequence_length(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return byte < 0x80U ? 1U : byte >= 0xF0U ? 4U : byte >= 0xE0U ? 3U : byte >= 0xC0U ? 2U : 1U;
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// The editor's own tokenizer, with nothing of it on screen.
class Tokenizer final : private TextEditor {
 public:
  explicit Tokenizer(std::string_view code) {
    SetLanguage(Language::Cpp());

    SetText(code);
    colorizer.update(config, document);
  }

  std::size_t lines() const { return document.size(); }

  std::vector<CodePiece> pieces(std::size_t number, std::string_view line) const {
    std::vector<CodePiece> pieces;
    std::size_t at = 0;
    for (const Glyph& glyph : document[number]) {
      if (at >= line.size()) break;
      const std::size_t end = std::min(at + sequence_length(line[at]), line.size());
      const CodeKind kind = kind_of(glyph.color);
      if (!pieces.empty() && (pieces.back().kind == kind || is_blank(line[at]))) {
        pieces.back().end = end;
      } else {
        pieces.push_back({at, end, kind});
      }
      at = end;
    }
    // A byte that is no glyph, such as a carriage return.
    if (!pieces.empty()) pieces.back().end = line.size();
    return pieces;
  }
};

}  // namespace

ImVec4 ink_of(const Theme& theme, CodeKind kind) {
  switch (kind) {
    case CodeKind::text:
      break;
    case CodeKind::punctuation:
      return {theme.text.x, theme.text.y, theme.text.z, theme.text.w * 0.8F};
    case CodeKind::keyword:
      return theme.syntax_keyword;
    case CodeKind::number:
      return theme.syntax_number;
    case CodeKind::string:
      return theme.syntax_string;
    case CodeKind::comment:
      return theme.syntax_comment;
    case CodeKind::directive:
      return theme.syntax_directive;
  }
  return theme.text;
}

std::vector<std::vector<CodePiece>> code_pieces(std::string_view code) {
  const Tokenizer tokenizer(code);
  std::vector<std::vector<CodePiece>> lines;
  for (std::size_t number = 0; number < tokenizer.lines(); ++number) {
    const std::string_view line = code.substr(0, code.find('\n'));
    lines.push_back(tokenizer.pieces(number, line));
    code.remove_prefix(std::min(line.size() + 1, code.size()));
  }
  return lines;
}

}  // namespace knobscope::gui
