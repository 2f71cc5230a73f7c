#pragma once
// Which error a plot shows, chosen: max abs or relative L2.

#include "gui/views/series.h"
#include "gui/views/view.h"

namespace knobscope::gui {

/// Device pixels that it takes at the end of a line.
float error_chooser_width(const Theme& theme);

/// Segments at the end of the line. `chosen` is the segment's index, from 0. Returns what is chosen.
Quantity error_chooser(const ViewContext& context, const char* id, int& chosen);

}  // namespace knobscope::gui
