#pragma once
// Verdicts are words with a mark and a colour, never colour alone.

#include <string_view>

#include "core/verdict.h"
#include "gui/theme.h"

namespace knobscope::gui {

/// A pill "✓ pass". `detail` follows the word ("noisy 2.1 %"). Advances like an item; hover tests work on it.
void verdict_badge(const Theme& theme, Verdict verdict, std::string_view detail = {});
/// The pill for any tint, mark and words.
void badge(const Theme& theme, const Tint& tint, std::string_view mark, std::string_view words);
/// Its size, to right-align it.
ImVec2 badge_size(const Theme& theme, std::string_view mark, std::string_view words);
/// Draws the pill at a screen position without making an item.
void draw_badge(ImDrawList* list, const Theme& theme, ImVec2 top_left, const Tint& tint, std::string_view mark,
                std::string_view words);

}  // namespace knobscope::gui
