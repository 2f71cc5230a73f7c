#include "gui/views/source_marks.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <string_view>

#include <fmt/format.h>

namespace knobscope::gui {
namespace {

constexpr std::size_t kMostRows = 3;      // of one message
constexpr std::size_t kMostMessages = 3;  // about one line
constexpr std::size_t kFewestColumns = 24;

/// "(12): error: text" or ":12:5: error: text" right after the file's name.
bool parse_position(std::string_view after, SourceMark& mark) {
  if (after.empty() || (after.front() != '(' && after.front() != ':')) return false;
  after.remove_prefix(1);
  const auto [end, fault] = std::from_chars(after.data(), after.data() + after.size(), mark.line);
  if (fault != std::errc() || mark.line <= 0) return false;
  std::string_view rest = after.substr(static_cast<std::size_t>(end - after.data()));
  const std::size_t error = rest.find("error");
  const std::size_t warning = rest.find("warning");
  if (error == std::string_view::npos && warning == std::string_view::npos) return false;
  mark.is_error = error < warning;
  const std::size_t word = mark.is_error ? error : warning;
  const std::size_t colon = rest.find(':', word);
  mark.message = std::string(colon == std::string_view::npos ? rest.substr(word) : rest.substr(colon + 1));
  mark.message.erase(0, mark.message.find_first_not_of(' '));
  return true;
}

bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

/// Bytes of the first `count` characters of UTF-8 text.
std::size_t bytes_of(std::string_view text, std::size_t count) {
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    if (continues_character(text[at])) continue;
    if (count == 0) return at;
    --count;
  }
  return text.size();
}

/// Rows of at most `columns` characters, broken at spaces where there are any.
std::vector<std::string> rows_of(std::string_view text, std::size_t columns) {
  std::vector<std::string> rows;
  while (!text.empty()) {
    std::size_t end = bytes_of(text, columns);
    if (end < text.size()) {
      const std::size_t space = text.rfind(' ', end);
      if (space != std::string_view::npos && space > 0) end = space;
    }
    rows.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  }
  if (rows.size() > kMostRows) {
    rows.resize(kMostRows);
    std::string& last = rows.back();
    last.resize(bytes_of(last, columns - 1));
    last += "…";
  }
  return rows;
}

/// All that is said about one line.
struct Remark {
  bool is_error = false;
  std::vector<std::string_view> messages;  ///< those that are spelled out
};

std::map<int, Remark> remarks_of(std::span<const SourceMark> marks) {
  std::map<int, Remark> remarks;
  for (const SourceMark& mark : marks) {
    Remark& remark = remarks[mark.line];
    remark.is_error = remark.is_error || mark.is_error;
    const bool known = std::find(remark.messages.begin(), remark.messages.end(), mark.message) != remark.messages.end();
    if (mark.spelled_out && !known) remark.messages.push_back(mark.message);
  }
  return remarks;
}

}  // namespace

std::vector<SourceMark> source_marks(const std::string& log, const std::string& file) {
  std::vector<SourceMark> marks;
  std::size_t start = 0;
  while (start < log.size()) {
    const std::size_t end = std::min(log.find('\n', start), log.size());
    const std::string_view line = std::string_view(log).substr(start, end - start);
    const std::size_t name = line.find(file);
    SourceMark mark;
    if (name != std::string_view::npos && parse_position(line.substr(name + file.size()), mark)) marks.push_back(mark);
    start = end + 1;
  }
  return marks;
}

std::optional<int> line_in(const Finding& finding, const std::string& id) {
  if (finding.at.file != id || finding.at.line <= 0) return std::nullopt;
  return finding.at.line;
}

std::vector<SourceMark> finding_marks(std::span<const Finding> findings, const std::string& id) {
  std::vector<SourceMark> marks;
  for (const Finding& finding : findings) {
    const std::optional<int> line = line_in(finding, id);
    if (line) marks.push_back({*line, fmt::format("{}: {}", name_of(finding.kind), finding.message), true, true});
    const SourcePlace& other = finding.other_at;
    if (other.file != id || other.line <= 0 || other.line == finding.at.line) continue;
    const std::string against = line ? fmt::format("line {}", *line) : finding.at.file;
    marks.push_back(
        {other.line, fmt::format("the other side of the {} with {}", name_of(finding.kind), against), false, false});
  }
  return marks;
}

std::size_t AnnotatedSource::row_of(int line) const {
  const auto found = std::find_if(rows.begin(), rows.end(), [line](const SourceRow& row) { return row.line == line; });
  if (found != rows.end()) return static_cast<std::size_t>(found - rows.begin());
  return rows.empty() ? 0 : rows.size() - 1;
}

AnnotatedSource annotate(const std::string& source, std::span<const SourceMark> marks, std::size_t columns) {
  const std::map<int, Remark> remarks = remarks_of(marks);
  const std::size_t width = std::max(columns, kFewestColumns);
  AnnotatedSource result;
  std::size_t start = 0;
  for (int line = 1; start <= source.size(); ++line) {
    const std::size_t end = std::min(source.find('\n', start), source.size());
    if (line > 1) result.text += '\n';
    result.text.append(source, start, end - start);
    start = end + 1;
    const auto remark = remarks.find(line);
    if (remark == remarks.end()) {
      result.rows.push_back({line, 0, false, {}});
      continue;
    }
    const bool is_error = remark->second.is_error;
    result.rows.push_back({line, line, is_error, {}});
    const auto& messages = remark->second.messages;
    std::vector<std::string> said;
    for (std::size_t i = 0; i < std::min(messages.size(), kMostMessages); ++i) {
      for (std::string& row : rows_of(messages[i], width)) said.push_back(std::move(row));
    }
    if (messages.size() > kMostMessages) said.push_back(fmt::format("and {} more", messages.size() - kMostMessages));
    for (std::string& row : said) {
      result.text += '\n';
      result.rows.push_back({0, line, is_error, std::move(row)});
    }
  }
  return result;
}

}  // namespace knobscope::gui
