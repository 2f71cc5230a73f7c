#include "core/error_region.h"

#include <algorithm>
#include <cmath>

namespace knobscope {

bool ErrorElements::is_unwritten(std::size_t place) const {
  return std::ranges::binary_search(unwritten, static_cast<std::int64_t>(place));
}

bool ErrorElements::fails(std::size_t place) const {
  if (is_unwritten(place) || !std::isfinite(ulps[place])) return true;
  return std::isfinite(references[place]) && !(std::abs(values[place] - references[place]) <= allowed[place]);
}

}  // namespace knobscope
