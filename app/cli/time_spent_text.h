#pragma once
// Where the wall time of a run or sweep went.

#include <optional>
#include <span>
#include <string>

#include "core/point.h"

namespace knobscope::cli {

/// A table: what the engine did, what passed between points, and what the kernels themselves took; a point's share is
/// that of the points that say so. `wall_s`: from the first request to the last result; nothing where only the points
/// are known, of a session. `writing_s`: of it or beside it, writing the session file.
std::string time_spent_text(std::span<const PointPtr> points, std::optional<double> wall_s, double writing_s);

/// Whether a point says so.
bool any_says_where_time_went(std::span<const PointPtr> points);

}  // namespace knobscope::cli
