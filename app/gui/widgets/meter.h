#pragma once
// Thin bars: a share of a ceiling, progress.

#include <optional>

#include "gui/theme.h"

namespace knobscope::gui {

/// A bar of `size` device pixels at the cursor, filled to `fraction` (clamped to 0..1; nothing: only the track).
void meter(const Theme& theme, std::optional<double> fraction, const ImVec4& color, ImVec2 size);
/// The same at a screen position, without an item.
void draw_meter(ImDrawList* list, const Theme& theme, ImVec2 top_left, ImVec2 size, std::optional<double> fraction,
                const ImVec4& color);

}  // namespace knobscope::gui
