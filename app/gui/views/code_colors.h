#pragma once
// C++ text as the source pane colours it, for what is drawn without an editor.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "gui/theme.h"

namespace knobscope::gui {

/// What a piece of code is.
enum class CodeKind : std::uint8_t { text, punctuation, keyword, number, string, comment, directive };

/// The theme's colour of it, opaque or nearly so.
ImVec4 ink_of(const Theme& theme, CodeKind kind);

/// A piece of a line, in bytes.
struct CodePiece {
  std::size_t begin = 0;
  std::size_t end = 0;  ///< behind its last byte
  CodeKind kind = CodeKind::text;
  bool operator==(const CodePiece&) const = default;
};

/// The pieces of every line of a C++ file, one after another from its beginning to its end; blanks belong to the piece
/// before them, and an empty line has none. What begins in one line, such as a comment, goes on in the next. UTF-8;
/// needs no window. Pure.
std::vector<std::vector<CodePiece>> code_pieces(std::string_view code);

}  // namespace knobscope::gui
