#pragma once
// Which points are rows of the results, and in which order. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/point.h"

namespace knobscope::gui {

enum class ResultColumn : std::uint8_t {
  variant,
  knobs,
  shape,
  type,
  median,
  p99,
  rate,
  copy,
  baseline,
  error,
  verdict
};

/// Places in `points` of those that contain every word of `filter` (in variant, knobs, shape, type, distribution,
/// device or verdict; case is ignored), sorted by a column; what has no number comes last in either direction.
std::vector<std::size_t> listed_points(const std::vector<PointPtr>& points, const std::string& filter,
                                       ResultColumn column, bool ascending);

/// The points themselves.
std::vector<PointPtr> result_rows(const std::vector<PointPtr>& points, const std::string& filter, ResultColumn column,
                                  bool ascending);

/// What a column's filter and order go by; nothing where there is no figure.
std::optional<double> figure_of(const Point& point, ResultColumn column);

}  // namespace knobscope::gui
