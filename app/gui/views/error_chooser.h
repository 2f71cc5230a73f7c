#pragma once
// Which error a plot shows, chosen: max abs or relative L2.

#include <functional>
#include <span>
#include <string>

#include "gui/views/series.h"
#include "gui/views/view.h"

namespace knobscope::gui {

class ActionList;

/// Those to choose from, in their order.
std::span<const Quantity> error_quantities();
/// Entries of the palette for them, "error lens, relative L2". `chosen` is as below, and so is what choose() gets.
void list_errors(const std::string& where, int chosen, ActionList& actions, const std::function<void(int)>& choose);

/// Device pixels that it takes at the end of a line.
float error_chooser_width(const Theme& theme);

/// Segments at the end of the line. `chosen` is the segment's index, from 0. Returns what is chosen.
Quantity error_chooser(const ViewContext& context, const char* id, int& chosen);

}  // namespace knobscope::gui
