#pragma once
// A variant's marker, colour and shape, outside plots: in lists and tables.

#include "gui/theme.h"

namespace knobscope::gui {

/// Draws the marker of a slot around `center` with `radius` device pixels.
void draw_series_marker(ImDrawList* list, const Theme& theme, ImVec2 center, float radius, int slot);
/// The marker as an item of one text line's height, followed by what comes on the same line.
void series_marker(const Theme& theme, int slot);

}  // namespace knobscope::gui
