#pragma once
// A segmented control: a few choices side by side, one of them chosen.

#include <span>
#include <string>

#include "gui/theme.h"

namespace knobscope::gui {

/// Each segment is an item with its label as id, inside `id`. `width` > 0: the segments share that many device
/// pixels equally; 0: each is as wide as its label; when those do not fit the panel's width they share it equally.
/// `enabled[i]` false greys a segment out. Returns true when `selected` changed.
bool segmented(const Theme& theme, const char* id, std::span<const std::string> labels, int& selected,
               float width = 0.0F, std::span<const bool> enabled = {});
/// Width it takes with width = 0.
float segmented_width(const Theme& theme, std::span<const std::string> labels);
/// Height of one row of controls: segments, buttons, fields.
float control_height(const Theme& theme);

}  // namespace knobscope::gui
