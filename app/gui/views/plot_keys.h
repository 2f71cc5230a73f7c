#pragma once
// A plot of points by the keyboard: from point to point, closer and further, along its axes.

#include <cstdint>
#include <optional>

#include "gui/views/series.h"

namespace knobscope::gui {

/// The point that arrow keys lead to from the selected one: `right` steps along its line, or `up` > 0 to the point of
/// another line at the nearest place that stands next above it, `up` < 0 next below. Where there is none, the point
/// itself; where no point of the plot is selected, the first one; null where there are none. Pure.
PointPtr point_beside(const SeriesSet& set, std::optional<std::int64_t> selected, int right, int up);

/// What the axes of a plot span.
struct PlotSpan {
  double left = 0.0;
  double right = 1.0;
  double bottom = 0.0;
  double top = 1.0;
  bool operator==(const PlotSpan&) const = default;
};

/// Around its middle, `steps` closer, < 0 further; with `log_y` by ratios. Pure.
PlotSpan zoomed(const PlotSpan& span, int steps, bool log_y);
/// By steps of an eighth of what is seen. Pure.
PlotSpan moved(const PlotSpan& span, int right, int up, bool log_y);

}  // namespace knobscope::gui
