#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "session/export.h"
#include "session/number_text.h"
#include "session/result_table.h"

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

/// Words on lines of at most `width`, the second and later ones indented. A longer word is cut. Line breaks in the
/// text stay, so that a compiler's message keeps its form.
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

std::string_view colour_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return "\x1b[32m";
    case Verdict::wrong:
    case Verdict::failed:
      return "\x1b[31m";
    case Verdict::noisy:
    case Verdict::throttled:
    case Verdict::invalid:
      return "\x1b[33m";
    case Verdict::unfit:
      return "\x1b[2m";
  }
  return "";
}

void drop_least_important(std::vector<TableColumn>& columns, std::size_t width) {
  while (width_of(columns) > width) {
    const auto least = std::ranges::min_element(columns, {}, &TableColumn::importance);
    if (least == columns.end() || least->importance >= 9) return;
    columns.erase(least);
  }
}

/// A cell of a Markdown table.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '|' || c == '\\' || c == '`' || c == '*' || c == '_' || c == '<' || c == '>' || c == '#') out += '\\';
    out += c == '\n' || c == '\r' ? ' ' : c;
  }
  return out;
}

}  // namespace

std::string to_table(std::span<const PointPtr> points, int width, bool color) {
  if (points.empty()) return "No points.\n";
  ResultTable table = make_result_table(points, kPlainSpace);
  const auto columns_wide = static_cast<std::size_t>(std::max(width, 20));
  drop_least_important(table.columns, columns_wide);

  std::string out;
  if (!table.facts.empty()) {
    out += wrapped(fmt::format("{}", fmt::join(table.facts, " · ")), columns_wide) + "\n\n";
  }
  std::vector<std::size_t> widths;
  for (const TableColumn& column : table.columns) widths.push_back(width_of(column));
  const auto line = [&](auto cell) {
    std::string text;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      if (i > 0) text += std::string(kGap, ' ');
      text += padded(cell(table.columns[i]), widths[i], table.columns[i].right);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return clipped(text, columns_wide);
  };
  const std::string head = line([](const TableColumn& column) { return column.title; });
  out += color ? fmt::format("\x1b[1m{}\x1b[0m\n", head) : head + "\n";
  for (std::size_t row = 0; row < points.size(); ++row) {
    std::string text = line([row](const TableColumn& column) { return column.cells[row]; });
    const std::string_view word = shown(table.verdicts[row]);
    if (color && text.ends_with(word)) {
      text.replace(text.size() - word.size(), word.size(),
                   fmt::format("{}{}\x1b[0m", colour_of(table.verdicts[row]), word));
    }
    out += text + "\n";
  }
  if (!table.reasons.empty()) out += "\n";
  for (const std::string& reason : table.reasons) out += wrapped(reason, columns_wide) + "\n";
  if (!table.note.empty()) out += "\n" + wrapped(table.note, columns_wide) + "\n";
  return out;
}

std::string to_markdown(std::span<const PointPtr> points) {
  if (points.empty()) return "No points.\n";
  const ResultTable table = make_result_table(points, kThinSpace);
  std::vector<std::string> facts = table.facts;
  const auto add_version = [&](const char* what, std::string Environment::*field) {
    const std::string& version = points.front()->environment.*field;
    const bool same =
        std::ranges::all_of(points, [&](const PointPtr& point) { return point->environment.*field == version; });
    if (same && !version.empty()) facts.push_back(what + version);
  };
  add_version("driver ", &Environment::driver_version);
  add_version("", &Environment::toolkit_version);
  add_version("Knobscope ", &Environment::program_version);
  std::string out;
  for (const std::string& fact : facts) out += (out.empty() ? "" : " · ") + escaped(fact);
  out += out.empty() ? "|" : "\n\n|";
  for (const TableColumn& column : table.columns) out += fmt::format(" {} |", escaped(column.title));
  out += "\n|";
  for (const TableColumn& column : table.columns) out += column.right ? " ---: |" : " :--- |";
  out += "\n";
  for (std::size_t row = 0; row < points.size(); ++row) {
    out += "|";
    for (const TableColumn& column : table.columns) out += fmt::format(" {} |", escaped(column.cells[row]));
    out += "\n";
  }
  if (!table.reasons.empty()) out += "\n";
  for (const std::string& reason : table.reasons) out += "- " + escaped(reason) + "\n";
  if (!table.note.empty()) out += "\n" + escaped(table.note) + "\n";
  return out;
}

}  // namespace knobscope::session
