#pragma once
// What changed from one text to another, line by line. Pure.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace knobscope {

enum class LineFate : std::uint8_t { same, removed, added };

struct DiffLine {
  LineFate fate = LineFate::same;
  int before = 0;  ///< number in the first text, from 1; 0 when it is not there
  int after = 0;   ///< number in the second text
  std::string text;
  bool operator==(const DiffLine&) const = default;
};

/// A shortest list of removed and added lines that makes the second text of the first (Myers, "An O(ND) Difference
/// Algorithm and Its Variations", 1986). Of a change the removed lines come first. Takes time and memory by lines times
/// changes; a last line without a line feed is a line, too.
std::vector<DiffLine> diff_lines(std::string_view before, std::string_view after);

}  // namespace knobscope
