#pragma once
// The x axis of plots, chosen.

#include "gui/views/view.h"

namespace knobscope::gui {

/// Segments to choose the x axis of plots, those that bear on most variants where not all have room; draws nothing when
/// there is none. Leaves `beside` device pixels of the line free. Changes state.x_axis.
void axis_chooser(ViewContext& context, const char* id, float beside);

/// A button that says how an axis is divided, and divides it the other way. True when it was pressed.
bool form_button(const Theme& theme, const char* id, const char* label, const char* tip);

}  // namespace knobscope::gui
