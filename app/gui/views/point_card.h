#pragma once
// The card of a point under the mouse.

#include <string>

#include "core/point.h"
#include "gui/theme.h"

namespace knobscope::gui {

/// Variant, knobs, time with its interval, rate, shares of the copies, `more` of the plot's own, how the samples are
/// spread, what it was measured among, verdict.
void point_tip(const Theme& theme, const Point& point, const std::string& more = {});

}  // namespace knobscope::gui
