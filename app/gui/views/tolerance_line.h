#pragma once
// The tolerance, where an error is plotted.

#include "gui/views/line_plot.h"

namespace knobscope::gui {

/// The tolerance at a value of the reference's size. A point's map knows that size; without one, the absolute part.
/// Precondition: a type is set.
ReferenceLine tolerance_line(const SeriesSet& set, const ViewState& state, Quantity quantity, const Theme& theme);

}  // namespace knobscope::gui
