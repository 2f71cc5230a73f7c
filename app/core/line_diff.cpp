#include "core/line_diff.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace knobscope {
namespace {

using Lines = std::vector<std::string_view>;

Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

/// The furthest x reached on each diagonal k = x - y, from -limit to limit.
class Front {
 public:
  explicit Front(std::ptrdiff_t limit) : limit_(limit), x_(static_cast<std::size_t>(2 * limit + 1), 0) {}
  std::ptrdiff_t& operator[](std::ptrdiff_t diagonal) { return x_[static_cast<std::size_t>(diagonal + limit_)]; }
  std::ptrdiff_t operator[](std::ptrdiff_t diagonal) const { return x_[static_cast<std::size_t>(diagonal + limit_)]; }

 private:
  std::ptrdiff_t limit_;
  std::vector<std::ptrdiff_t> x_;
};

/// Whether a path of `changes` changes comes to `diagonal` from the one above: by an added line.
bool comes_by_adding(const Front& front, std::ptrdiff_t diagonal, std::ptrdiff_t changes) {
  return diagonal == -changes || (diagonal != changes && front[diagonal - 1] < front[diagonal + 1]);
}

/// The front before each number of changes, up to the least that leads to the end.
std::vector<Front> fronts_to_the_end(const Lines& before, const Lines& after) {
  const auto width = static_cast<std::ptrdiff_t>(before.size());
  const auto height = static_cast<std::ptrdiff_t>(after.size());
  std::vector<Front> history;
  Front front(1);
  for (std::ptrdiff_t changes = 0; changes <= width + height; ++changes) {
    Front next(changes + 1);
    for (std::ptrdiff_t diagonal = -changes; diagonal <= changes; ++diagonal) {
      if ((diagonal + changes) % 2 != 0) next[diagonal] = front[diagonal];
    }
    history.push_back(next);
    for (std::ptrdiff_t diagonal = -changes; diagonal <= changes; diagonal += 2) {
      std::ptrdiff_t x = comes_by_adding(next, diagonal, changes) ? next[diagonal + 1] : next[diagonal - 1] + 1;
      while (x < width && x - diagonal < height && x >= 0 && x - diagonal >= 0 &&
             before[static_cast<std::size_t>(x)] == after[static_cast<std::size_t>(x - diagonal)]) {
        ++x;
      }
      next[diagonal] = x;
      if (x >= width && x - diagonal >= height) return history;
    }
    front = Front(changes + 2);
    for (std::ptrdiff_t diagonal = -changes; diagonal <= changes; ++diagonal) front[diagonal] = next[diagonal];
  }
  return history;
}

/// Where lines were removed and added, the removed ones come first.
void sort_changes(std::vector<DiffLine>& lines) {
  auto begin = lines.begin();
  while (begin != lines.end()) {
    begin = std::find_if(begin, lines.end(), [](const DiffLine& line) { return line.fate != LineFate::same; });
    const auto end = std::find_if(begin, lines.end(), [](const DiffLine& line) { return line.fate == LineFate::same; });
    std::stable_partition(begin, end, [](const DiffLine& line) { return line.fate == LineFate::removed; });
    begin = end;
  }
}

}  // namespace

std::vector<DiffLine> diff_lines(std::string_view before_text, std::string_view after_text) {
  const Lines before = lines_of(before_text);
  const Lines after = lines_of(after_text);
  const std::vector<Front> history = fronts_to_the_end(before, after);
  // From the end back to the beginning.
  std::vector<DiffLine> lines;
  auto x = static_cast<std::ptrdiff_t>(before.size());
  auto y = static_cast<std::ptrdiff_t>(after.size());
  for (auto changes = static_cast<std::ptrdiff_t>(history.size()) - 1; changes >= 0; --changes) {
    const Front& front = history[static_cast<std::size_t>(changes)];
    const bool adding = comes_by_adding(front, x - y, changes);
    const std::ptrdiff_t from_diagonal = adding ? x - y + 1 : x - y - 1;
    const std::ptrdiff_t from_x = changes > 0 ? front[from_diagonal] : 0;
    const std::ptrdiff_t from_y = changes > 0 ? from_x - from_diagonal : 0;
    const std::ptrdiff_t start_x = changes > 0 && !adding ? from_x + 1 : from_x;
    for (; x > start_x; --x, --y) {
      lines.push_back({LineFate::same, static_cast<int>(x), static_cast<int>(y),
                       std::string(before[static_cast<std::size_t>(x - 1)])});
    }
    if (changes == 0) break;
    if (adding) {
      lines.push_back({LineFate::added, 0, static_cast<int>(y), std::string(after[static_cast<std::size_t>(y - 1)])});
    } else {
      lines.push_back(
          {LineFate::removed, static_cast<int>(x), 0, std::string(before[static_cast<std::size_t>(x - 1)])});
    }
    x = from_x;
    y = from_y;
  }
  std::ranges::reverse(lines);
  sort_changes(lines);
  return lines;
}

}  // namespace knobscope
