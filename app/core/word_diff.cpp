#include "core/word_diff.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

namespace knobscope {
namespace {

constexpr double kSameLine = 0.5;          // lines less alike than this are two lines, not one that was changed
constexpr std::ptrdiff_t kLookAhead = 16;  // lines: what was changed stays near where it was

bool is_blank(char c) { return c == ' ' || c == '\t'; }
/// Bytes of UTF-8 beyond ASCII stay together.
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80U;
}

std::vector<TextPart> words_of(std::string_view line) {
  std::vector<TextPart> words;
  for (std::size_t begin = 0; begin < line.size();) {
    std::size_t end = begin + 1;
    const auto same_kind = is_letter(line[begin]) ? is_letter : is_blank(line[begin]) ? is_blank : nullptr;
    while (same_kind != nullptr && end < line.size() && same_kind(line[end])) ++end;
    words.push_back({begin, end});
    begin = end;
  }
  return words;
}

std::string one_a_line(std::string_view text, const std::vector<TextPart>& words) {
  std::string lines;
  for (const TextPart& word : words) lines += std::string(text.substr(word.begin, word.end - word.begin)) + '\n';
  return lines;
}

std::size_t letters_in(std::string_view text) {
  return text.size() - static_cast<std::size_t>(std::ranges::count_if(text, is_blank));
}

/// Blanks at the ends of parts are no change worth marking, nor are those between two parts a reason to end one.
std::vector<TextPart> joined(std::string_view text, const std::vector<TextPart>& parts) {
  std::vector<TextPart> result;
  for (TextPart part : parts) {
    while (part.begin < part.end && is_blank(text[part.begin])) ++part.begin;
    while (part.begin < part.end && is_blank(text[part.end - 1])) --part.end;
    if (part.begin == part.end) continue;
    if (!result.empty() && letters_in(text.substr(result.back().end, part.begin - result.back().end)) == 0) {
      result.back().end = part.end;
    } else {
      result.push_back(part);
    }
  }
  return result;
}

}  // namespace

WordChanges changed_words(std::string_view before, std::string_view after) {
  const std::vector<TextPart> before_words = words_of(before);
  const std::vector<TextPart> after_words = words_of(after);
  std::vector<TextPart> gone;
  std::vector<TextPart> fresh;
  std::size_t kept = 0;
  for (const DiffLine& word : diff_lines(one_a_line(before, before_words), one_a_line(after, after_words))) {
    if (word.fate == LineFate::same) kept += letters_in(word.text);
    if (word.fate == LineFate::removed) gone.push_back(before_words[static_cast<std::size_t>(word.before - 1)]);
    if (word.fate == LineFate::added) fresh.push_back(after_words[static_cast<std::size_t>(word.after - 1)]);
  }
  WordChanges changes;
  changes.before = joined(before, gone);
  changes.after = joined(after, fresh);
  const std::size_t all = letters_in(before) + letters_in(after);
  changes.alike = all == 0 ? 1.0 : 2.0 * static_cast<double>(kept) / static_cast<double>(all);
  return changes;
}

std::vector<std::vector<TextPart>> changes_within(std::span<const DiffLine> lines) {
  std::vector<std::vector<TextPart>> parts(lines.size());
  for (auto begin = lines.begin(); begin != lines.end();) {
    begin = std::find_if(begin, lines.end(), [](const DiffLine& line) { return line.fate == LineFate::removed; });
    const auto middle =
        std::find_if(begin, lines.end(), [](const DiffLine& line) { return line.fate != LineFate::removed; });
    const auto end =
        std::find_if(middle, lines.end(), [](const DiffLine& line) { return line.fate != LineFate::added; });
    auto next = middle;
    for (auto gone = begin; gone != middle; ++gone) {
      const auto last = next + std::min(end - next, kLookAhead);
      for (auto fresh = next; fresh != last; ++fresh) {
        WordChanges changes = changed_words(gone->text, fresh->text);
        if (changes.alike < kSameLine) continue;
        parts[static_cast<std::size_t>(gone - lines.begin())] = std::move(changes.before);
        parts[static_cast<std::size_t>(fresh - lines.begin())] = std::move(changes.after);
        next = fresh + 1;
        break;
      }
    }
    begin = end;
  }
  return parts;
}

}  // namespace knobscope
