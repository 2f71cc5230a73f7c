#pragma once
// What changed within lines, word by word. Pure.

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "core/line_diff.h"

namespace knobscope {

/// A part of a text, in bytes.
struct TextPart {
  std::size_t begin = 0;
  std::size_t end = 0;  ///< behind its last byte
  bool operator==(const TextPart&) const = default;
};

/// Two lines beside each other.
struct WordChanges {
  std::vector<TextPart> before;  ///< parts of the first line that are not in the second, ascending
  std::vector<TextPart> after;   ///< parts of the second line that are not in the first
  double alike = 0.0;            ///< share of their letters that both have: 0 to 1; 1 for two empty lines
};

/// Names and numbers are words, and so is every other character; parts with nothing but blanks between them are one.
WordChanges changed_words(std::string_view before, std::string_view after);

/// For every line of a diff the parts that changed within it. A removed line belongs to the first added line of the
/// same change, after those that belong to lines before it, that has at least half of its letters. Empty for lines that
/// are the same, and for those that belong to none: of them all is new, or gone.
std::vector<std::vector<TextPart>> changes_within(std::span<const DiffLine> lines);

}  // namespace knobscope
