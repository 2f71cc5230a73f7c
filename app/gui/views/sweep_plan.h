#pragma once
// The plan of a sweep over what is set in the window. Pure; measured the same without a window.

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "core/plan.h"
#include "core/snapshot.h"
#include "gui/views/view.h"

namespace knobscope::gui {

/// What can be swept: the axes of plots (knobs of what is ticked, "columns", "offset"), "rows" of LayerNorm, and
/// "type".
struct SweepAxis {
  std::string name;
  std::int64_t values = 0;  ///< that a sweep visits, of all ticked variants together
};
std::vector<SweepAxis> sweep_axes(const Snapshot& snapshot, const ViewState& state);

/// Every combination of the values of `axes` for the ticked variants; all else as it is set. A knob that is not swept
/// has the allowed value nearest to what is set. With one of "rows" and "columns" the other is as set, or makes about
/// as many elements (columns).
Plan sweep_plan(const Snapshot& snapshot, const ViewState& state, const std::set<std::string>& axes);

/// The plan of what the large plot shows: over its x axis, or both axes of the heat map.
Plan plan_on_screen(const Snapshot& snapshot, const ViewState& state);

}  // namespace knobscope::gui
