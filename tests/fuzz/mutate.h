#pragma once
// Deterministic damage to bytes.

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace knobscope::testing {

/// Applies one to four random edits: flips, overwritten, inserted, removed, doubled and cut-off bytes, and pieces of
/// `words`, which lead deeper into a parser than noise does.
inline std::string mutate(std::string text, std::mt19937_64& random, const std::vector<std::string_view>& words) {
  const auto below = [&random](std::size_t limit) {
    return static_cast<std::size_t>(random() % std::max<std::size_t>(limit, 1));
  };
  const std::size_t edits = 1 + below(4);
  for (std::size_t i = 0; i < edits; ++i) {
    const std::size_t at = below(text.size());
    const std::size_t length = std::min(1 + below(16), text.size() - std::min(at, text.size()));
    switch (below(7)) {
      case 0:
        if (!text.empty()) text[at] = static_cast<char>(static_cast<unsigned char>(text[at]) ^ (1U << below(8)));
        break;
      case 1:
        if (!text.empty()) text[at] = static_cast<char>(below(256));
        break;
      case 2:
        text.insert(at, 1, static_cast<char>(below(256)));
        break;
      case 3:
        text.erase(at, length);
        break;
      case 4:
        text.insert(at, text.substr(at, length));
        break;
      case 5:
        if (below(8) == 0) text.resize(at);
        break;
      default:
        if (!words.empty()) text.insert(at, words[below(words.size())]);
        break;
    }
  }
  return text;
}

}  // namespace knobscope::testing
