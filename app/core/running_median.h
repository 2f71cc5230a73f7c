#pragma once
// How the median of a series and its interval settled while the samples came.

#include <cstdint>
#include <span>
#include <vector>

namespace knobscope {

/// After the first `count` samples.
struct RunningMedian {
  std::int64_t count = 0;
  double median = 0.0;
  double low = 0.0;  ///< 95 % interval from order statistics, as of Summary; the whole range below 6 samples
  double high = 0.0;
  bool operator==(const RunningMedian&) const = default;
};

/// After each of the first samples, then about every sixteenth more of them, and after the last: enough for a curve
/// that begins in steps and ends smooth. In the samples' unit; empty for none. About n log n.
std::vector<RunningMedian> running_median(std::span<const double> samples);

}  // namespace knobscope
