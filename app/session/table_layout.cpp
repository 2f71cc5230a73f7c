#include "session/table_layout.h"

#include <algorithm>

#include <fmt/format.h>

#include "session/number_text.h"

namespace knobscope::session {
namespace {

constexpr std::size_t kGap = 2;

std::size_t width_of(const TableColumn& column) {
  std::size_t width = session::width_of(column.title);
  for (const std::string& cell : column.cells) width = std::max(width, session::width_of(cell));
  return width;
}

std::size_t width_of(const std::vector<TableColumn>& columns) {
  std::size_t width = 0;
  for (const TableColumn& column : columns) width += width_of(column) + kGap;
  return width == 0 ? 0 : width - kGap;
}

/// The first `width` columns, an ellipsis at the end when something is missing.
std::string clipped(const std::string& text, std::size_t width) {
  if (session::width_of(text) <= width) return text;
  std::string out;
  std::size_t taken = 0;
  for (const char c : text) {
    const bool starts_character = (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
    if (starts_character && ++taken >= width) break;
    out += c;
  }
  return out + "…";
}

std::string padded(const std::string& text, std::size_t width, bool right) {
  const std::string space(width - std::min(width, session::width_of(text)), ' ');
  return right ? space + text : text + space;
}

void drop_least_important(std::vector<TableColumn>& columns, std::size_t width) {
  while (width_of(columns) > width) {
    const auto least = std::ranges::min_element(columns, {}, &TableColumn::importance);
    if (least == columns.end() || least->importance >= 9) return;
    columns.erase(least);
  }
}

}  // namespace

std::string wrapped(const std::string& text, std::size_t width) {
  constexpr std::size_t kIndent = 2;
  std::string out;
  std::size_t column = 0;
  bool line_is_empty = true;
  std::string word;
  const auto next_line = [&] {
    out += "\n" + std::string(kIndent, ' ');
    column = kIndent;
    line_is_empty = true;
  };
  const auto flush = [&] {
    if (word.empty()) return;
    if (!line_is_empty && column + 1 + session::width_of(word) > width) next_line();
    if (!line_is_empty) {
      out += ' ';
      ++column;
    }
    word = clipped(word, width - column);
    out += word;
    column += session::width_of(word);
    line_is_empty = false;
    word.clear();
  };
  for (const char c : text) {
    if (c == ' ' || c == '\n' || c == '\t') {
      flush();
      if (c == '\n') next_line();
    } else if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) {
      word += c;  // control characters of a kernel's message must not reach a terminal
    }
  }
  flush();
  return out;
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '|' || c == '\\' || c == '`' || c == '*' || c == '_' || c == '<' || c == '>' || c == '#') out += '\\';
    out += c == '\n' || c == '\r' ? ' ' : c;
  }
  return out;
}

std::string terminal_rows(std::vector<TableColumn> columns, std::span<const RowEnd> ends, std::size_t width,
                          bool color) {
  drop_least_important(columns, width);
  std::vector<std::size_t> widths;
  for (const TableColumn& column : columns) widths.push_back(width_of(column));
  const auto line = [&](auto cell) {
    std::string text;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (i > 0) text += std::string(kGap, ' ');
      text += padded(cell(columns[i]), widths[i], columns[i].right);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return clipped(text, width);
  };
  const std::string head = line([](const TableColumn& column) { return column.title; });
  std::string out = color ? fmt::format("\x1b[1m{}\x1b[0m\n", head) : head + "\n";
  for (std::size_t row = 0; row < ends.size(); ++row) {
    std::string text = line([row](const TableColumn& column) { return column.cells[row]; });
    const RowEnd& end = ends[row];
    if (color && text.ends_with(end.word)) {
      text.replace(text.size() - end.word.size(), end.word.size(), fmt::format("{}{}\x1b[0m", end.colour, end.word));
    }
    out += text + "\n";
  }
  return out;
}

std::string markdown_rows(std::span<const TableColumn> columns) {
  std::string out = "|";
  for (const TableColumn& column : columns) out += fmt::format(" {} |", escaped(column.title));
  out += "\n|";
  for (const TableColumn& column : columns) out += column.right ? " ---: |" : " :--- |";
  out += "\n";
  for (std::size_t row = 0; !columns.empty() && row < columns.front().cells.size(); ++row) {
    out += "|";
    for (const TableColumn& column : columns) out += fmt::format(" {} |", escaped(column.cells[row]));
    out += "\n";
  }
  return out;
}

}  // namespace knobscope::session
