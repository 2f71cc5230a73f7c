#include <cctype>
#include <charconv>
#include <string_view>

#include "gui/views/kernel_view.h"

namespace knobscope::gui {
namespace {

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

}  // namespace knobscope::gui
