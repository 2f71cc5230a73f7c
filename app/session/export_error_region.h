#pragma once
// A part of an output that was looked at closely, as JSON and CSV.

#include <string>

#include "core/error_region.h"

namespace knobscope::session {

/// First and last row (or column) of a tile: tiles split an extent as evenly as whole rows allow.
struct TileSpan {
  std::int64_t first = 0;
  std::int64_t last = 0;
};
/// Precondition: 0 <= tile < tiles <= extent.
TileSpan span_of_tile(std::int64_t tile, std::int64_t tiles, std::int64_t extent);

/// One object: what was looked at, its errors, the histogram, the tiles row by row, and the elements where they are
/// few (null otherwise). Rows and columns are counted in the view, `index` in the tensor. Precondition: no fault.
std::string error_region_to_json(const ErrorRegion& region);
/// RFC 4180, a line for each element where they are listed, else for each tile. Precondition: no fault.
std::string error_region_to_csv(const ErrorRegion& region);

}  // namespace knobscope::session
