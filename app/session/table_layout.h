#pragma once
// Columns of texts laid out for a terminal and for Markdown.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "session/result_table.h"

namespace knobscope::session {

/// The word at the end of a row, and how it is coloured.
struct RowEnd {
  std::string_view word;
  std::string_view colour;  ///< an escape sequence
};

/// A line of titles and a line a row, at most `width` wide; the least important columns leave first. `ends`: one a row.
std::string terminal_rows(std::vector<TableColumn> columns, std::span<const RowEnd> ends, std::size_t width,
                          bool color);

/// The table alone, with a line of titles.
std::string markdown_rows(std::span<const TableColumn> columns);

/// Words on lines of at most `width`, the second and later ones indented. A longer word is cut. Line breaks in the
/// text stay, so that a compiler's message keeps its form.
std::string wrapped(const std::string& text, std::size_t width);

/// As Markdown shows it unchanged, on one line.
std::string escaped(const std::string& text);

}  // namespace knobscope::session
