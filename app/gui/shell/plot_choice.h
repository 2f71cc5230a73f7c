#pragma once
// The large plot of a picture as the command line asks for it: names are looked up, points and axes found in what there
// is to show.

#include <optional>
#include <string>

#include "core/snapshot.h"
#include "gui/gui.h"

namespace knobscope::gui {

class Interface;

/// What is wrong with the names that need no session to be known, in one sentence; nothing when all are known.
std::optional<std::string> find_fault(const PlotChoice& choice);

/// Sets the lens, the quantity, the axes and the points; opens the session to compare with. One sentence when an axis
/// or a point is not there or the session cannot be read. Call it with all points at hand and find_fault() answered.
std::optional<std::string> apply(const PlotChoice& choice, const Snapshot& snapshot, Interface& interface);

}  // namespace knobscope::gui
