#pragma once
// Where the wall time of a run or sweep went.

#include <span>
#include <string>

#include "core/point.h"

namespace knobscope::cli {

/// A table: what the engine did, what passed between points, and what the kernels themselves took.
/// `wall_s`: from the first request to the last result. `writing_s`: of it or beside it, writing the session file.
std::string time_spent_text(std::span<const PointPtr> points, double wall_s, double writing_s);

}  // namespace knobscope::cli
