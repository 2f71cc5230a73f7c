#pragma once
// The ceilings that points are held against, as a table of texts.

#include <span>
#include <string_view>
#include <vector>

#include "session/result_table.h"

namespace knobscope::session {

/// A row for each device, and one for each size and technique that speaks for a point; each once, in the order met. No
/// columns when none was measured. `space` stands between thousands.
std::vector<TableColumn> ceiling_columns(std::span<const PointPtr> points, std::string_view space);

}  // namespace knobscope::session
