#pragma once
// When enough samples have been taken.

#include <cstddef>
#include <span>

#include "core/point.h"

namespace knobscope::measure {

/// Below this, no order statistics enclose the median with 95 %, so the spread of the median is not known.
inline constexpr std::size_t kSamplesForAnInterval = 6;
/// A slow kernel gets this many time limits to reach kSamplesForAnInterval.
inline constexpr double kPatience = 4.0;

enum class Stop {
  not_yet,
  precise,         ///< the median's relative standard error is within the method's target
  enough_samples,  ///< max_samples taken
  out_of_time,
};

/// The rule for one series of samples. Looks at the spread only as often as the series has grown by an eighth, so that
/// the rule itself costs no noticeable time.
class StoppingRule {
 public:
  explicit StoppingRule(const Method& method);

  /// `samples_ns`: the whole series so far; `elapsed_s`: time since sampling began, flushes included.
  Stop decide(std::span<const double> samples_ns, double elapsed_s);

 private:
  double target_;
  double time_limit_s_;
  std::size_t min_samples_;
  std::size_t max_samples_;
  std::size_t look_at_;
};

}  // namespace knobscope::measure
