#pragma once
// The ceilings that points are held against, as a table of texts.

#include <span>
#include <string_view>
#include <vector>

#include "session/result_table.h"

namespace knobscope::session {

/// A row for each device, and one for each size and technique that speaks for a point, by size. Each process of a
/// sweep measures its own: a row tells their median and range, and of how many. Each one's stand with its points, in
/// JSON and CSV. No columns when none was measured. `space` stands between thousands.
std::vector<TableColumn> ceiling_columns(std::span<const PointPtr> points, std::string_view space);

}  // namespace knobscope::session
