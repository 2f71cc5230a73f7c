#pragma once
// What the points at hand say is best for the problem that is set, as a line or two above the results.

#include <optional>
#include <string_view>

#include "core/best.h"
#include "gui/views/view.h"

namespace knobscope::gui {

/// The best variant and knobs for the problem and device that are set, from all points that are shown; nothing when
/// none was right and timed. Points of a source that has changed since are left out, except while a recorded session is
/// read. Pure.
std::optional<BestEntry> best_for(const Snapshot& snapshot, const ViewState& state);

/// "best", "tie" or nothing: what a row of the results is to that answer.
std::string_view best_mark(const std::optional<BestEntry>& best, const Point& point);

/// Names the best, or no longer; the winner is selected in every panel.
void ask_for_best(ViewState& state, const std::optional<BestEntry>& best);

/// The buttons that ask for the best and for the header, right-aligned on the current line where they have room.
void best_buttons(ViewContext& context, const std::optional<BestEntry>& best);

/// The winner with its figures; below it what ties with it, else the runner-up.
void best_strip(ViewContext& context, const std::optional<BestEntry>& best);

}  // namespace knobscope::gui
