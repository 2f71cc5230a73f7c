#include "gui/shell/fuzzy.h"

#include <algorithm>
#include <cctype>
#include <limits>

namespace knobscope::gui {
namespace {

constexpr int kLetter = 1;
constexpr int kAtWordStart = 8;
constexpr int kAfterMatch = 10;
constexpr int kNone = std::numeric_limits<int>::min() / 2;

char lower(char letter) { return static_cast<char>(std::tolower(static_cast<unsigned char>(letter))); }

bool is_letter(char letter) {
  const auto code = static_cast<unsigned char>(letter);
  return code >= 0x80 || std::isalnum(code) != 0;
}

bool starts_word(std::string_view text, std::size_t at) {
  return is_letter(text[at]) && (at == 0 || !is_letter(text[at - 1]));
}

/// The best way to find the word's letters in the text: a table of the best score with letter i at byte j.
std::optional<FuzzyMatch> match_word(std::string_view word, std::string_view text) {
  const std::size_t letters = word.size();
  const std::size_t bytes = text.size();
  if (letters > bytes) return std::nullopt;
  std::vector<int> best(letters * bytes, kNone);
  std::vector<std::size_t> from(letters * bytes, bytes);
  for (std::size_t i = 0; i < letters; ++i) {
    int best_before = i == 0 ? 0 : kNone;  // best of the letter before, anywhere but right before
    std::size_t best_at = bytes;
    for (std::size_t j = i; j < bytes; ++j) {
      if (i > 0 && j >= 2 && best[(i - 1) * bytes + j - 2] > best_before) {
        best_before = best[(i - 1) * bytes + j - 2];
        best_at = j - 2;
      }
      if (lower(word[i]) != lower(text[j])) continue;
      const int here = kLetter + (starts_word(text, j) ? kAtWordStart : 0);
      int score = best_before == kNone ? kNone : best_before + here;
      std::size_t previous = best_at;
      if (i > 0 && best[(i - 1) * bytes + j - 1] != kNone) {
        const int beside = best[(i - 1) * bytes + j - 1] + kLetter + kAfterMatch;
        if (beside >= score) {
          score = beside;
          previous = j - 1;
        }
      }
      best[i * bytes + j] = score;
      from[i * bytes + j] = previous;
    }
  }
  const auto last = best.end() - static_cast<std::ptrdiff_t>(bytes);
  const auto top = std::max_element(last, best.end());
  if (*top == kNone) return std::nullopt;
  FuzzyMatch match;
  match.score = *top;
  auto at = static_cast<std::size_t>(top - last);
  for (std::size_t i = letters; i-- > 0; at = from[i * bytes + at]) match.positions.push_back(at);
  std::ranges::reverse(match.positions);
  return match;
}

}  // namespace

std::optional<FuzzyMatch> fuzzy_match(std::string_view query, std::string_view text) {
  FuzzyMatch whole;
  std::size_t at = 0;
  while (at < query.size()) {
    const std::size_t start = query.find_first_not_of(' ', at);
    if (start == std::string_view::npos) break;
    const std::size_t end = std::min(query.find(' ', start), query.size());
    const auto match = match_word(query.substr(start, end - start), text);
    if (!match) return std::nullopt;
    whole.score += match->score;
    whole.positions.insert(whole.positions.end(), match->positions.begin(), match->positions.end());
    at = end;
  }
  std::ranges::sort(whole.positions);
  const auto repeated = std::ranges::unique(whole.positions);
  whole.positions.erase(repeated.begin(), repeated.end());
  return whole;
}

}  // namespace knobscope::gui
