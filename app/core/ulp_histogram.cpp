#include "core/ulp_histogram.h"

#include <cmath>
#include <limits>

namespace knobscope {
namespace {

/// Where the bin that lies `steps` from the middle begins, on the positive side.
double begin_of(int steps) {
  if (steps <= kEvenUlpBins) return (steps - 0.5) * 0.2;
  if (steps == kEvenUlpBins + 1) return 4.1;
  return std::exp2(steps - kEvenUlpBins + 1);  // the next ones begin at 8, 16, …
}

}  // namespace

UlpRange range_of_bin(int bin) {
  const int steps = bin - kUlpMiddle;
  if (steps == 0) return {-0.1, 0.1};
  const int distance = std::abs(steps);
  const double begin = begin_of(distance);
  const double end = distance == kUlpMiddle ? std::numeric_limits<double>::infinity() : begin_of(distance + 1);
  return steps > 0 ? UlpRange{begin, end} : UlpRange{-end, -begin};
}

}  // namespace knobscope
