#include "catalog/front_matter.h"

#include <algorithm>
#include <string_view>

namespace knobscope::catalog {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kBlanks = " \t\r\n\v\f";

int lines_before(std::string_view text, std::size_t position) {
  return static_cast<int>(std::ranges::count(text.substr(0, position), '\n'));
}

}  // namespace

std::variant<FrontMatter, Mistake> find_front_matter(const std::string& text) {
  std::string_view rest(text);
  const std::string_view whole(text);
  if (rest.starts_with(kByteOrderMark)) rest.remove_prefix(kByteOrderMark.size());
  rest.remove_prefix(std::min(rest.find_first_not_of(kBlanks), rest.size()));
  const auto position = [&] { return static_cast<std::size_t>(rest.data() - whole.data()); };
  if (rest.empty()) return Mistake{0, "The file is empty: open it with a comment '/* knobscope' that holds TOML."};
  const int line = lines_before(whole, position()) + 1;

  constexpr std::string_view word = "knobscope";
  std::string_view opening = rest;
  const bool is_comment = opening.starts_with("/*");
  if (is_comment) {
    opening.remove_prefix(2);
    opening.remove_prefix(std::min(opening.find_first_not_of(" \t"), opening.size()));
  }
  if (!is_comment || !opening.starts_with(word)) {
    return Mistake{line,
                   "The file does not open with its front matter: put a comment that begins with '/* knobscope' and "
                   "holds TOML before everything else."};
  }
  opening.remove_prefix(word.size());
  const std::size_t end_of_line = opening.find('\n');
  const std::string_view same_line = opening.substr(0, end_of_line);
  if (end_of_line == std::string_view::npos || same_line.find("*/") != std::string_view::npos) {
    return Mistake{line, "The front matter is empty: write its TOML on the lines after '/* knobscope', then '*/'."};
  }
  if (same_line.find_first_not_of(kBlanks) != std::string_view::npos) {
    return Mistake{line, "Nothing may follow '/* knobscope' on its line: the TOML begins on the next one."};
  }
  const std::string_view body = opening.substr(end_of_line + 1);
  const std::size_t end = body.find("*/");
  if (end == std::string_view::npos) {
    return Mistake{line, "The front matter's comment never ends: close it with '*/'."};
  }
  FrontMatter matter;
  matter.line = line;
  matter.toml = std::string(static_cast<std::size_t>(line), '\n') + std::string(body.substr(0, end));
  return matter;
}

}  // namespace knobscope::catalog
