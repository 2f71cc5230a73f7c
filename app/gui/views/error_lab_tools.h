#pragma once
// What is chosen above the error map: output, measure, slice, the variant beside, and ways to go somewhere.

#include "gui/views/error_lab.h"
#include "gui/views/view.h"

namespace knobscope::gui {

/// Draws one line of controls, and a second one for the indices of a slice. `closely`: the device can be asked.
void draw_error_tools(ViewContext& context, ErrorLab& lab, const Point& point, bool closely);

}  // namespace knobscope::gui
