#include "gui/views/tolerance_line.h"

#include <algorithm>

namespace knobscope::gui {

ReferenceLine tolerance_line(const SeriesSet& set, const ViewState& state, Quantity quantity, const Theme& theme) {
  const Tolerance tolerance = tolerance_of(state.plan.types.front());
  if (quantity == Quantity::relative_l2_error) return {tolerance.relative, "relative tolerance", theme.noisy.ink};
  double allowed = tolerance.absolute;
  for (const Series& line : set.lines) {
    for (const SeriesPoint& point : line.points) {
      if (point.point->error && point.point->error->map)
        allowed = std::max(allowed, point.point->error->map->tolerance);
    }
  }
  return {allowed, "tolerance", theme.noisy.ink};
}

}  // namespace knobscope::gui
