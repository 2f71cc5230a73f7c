#pragma once
// The bins of a histogram of signed errors in units in the last place: even ones of 0.2 ULP around 0, so that what is
// rounded correctly ends at an edge (±0.5), and one for each power of two beyond 4.1.

#include <cstdint>
#include <vector>

namespace knobscope {

inline constexpr int kUlpBins = 99;
inline constexpr int kUlpMiddle = kUlpBins / 2;  ///< the bin of 0
inline constexpr int kEvenUlpBins = 20;          ///< of 0.2 ULP, on each side of the middle

/// From `low` up to `high`; infinite at the ends.
struct UlpRange {
  double low = 0.0;
  double high = 0.0;
};
/// Precondition: 0 <= bin < kUlpBins.
UlpRange range_of_bin(int bin);

/// How many elements fall into each of kUlpBins bins. What is not finite is in none.
using UlpHistogram = std::vector<std::int64_t>;

}  // namespace knobscope
