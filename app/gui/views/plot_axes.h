#pragma once
// The axes of a plot of lines: what they span, and where their labels stand.

#include <span>

#include "gui/views/line_plot.h"

namespace knobscope::gui {

/// Sets up the axes of the plot that has just begun, `height` pixels high; `refit` makes them span all points and
/// reference lines again. Returns the x up to which points may stand; names of reference lines begin there.
double setup_axes(const SeriesSet& set, std::span<const ReferenceLine> references, const LinePlotStyle& style,
                  const Theme& theme, float height, bool refit);

}  // namespace knobscope::gui
