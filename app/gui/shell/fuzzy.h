#pragma once
// Finding a line by a few of its letters, as people type when they know what they want.

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace knobscope::gui {

struct FuzzyMatch {
  int score = 0;                       ///< higher is better; 0 for an empty query
  std::vector<std::size_t> positions;  ///< bytes of the text that were matched, ascending
};

/// Every word of the query must occur in the text, its letters in their order, whatever the case; words in any order.
/// Letters side by side and at the beginnings of words count most. Nothing when a word does not occur.
std::optional<FuzzyMatch> fuzzy_match(std::string_view query, std::string_view text);

}  // namespace knobscope::gui
