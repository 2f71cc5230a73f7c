#pragma once
// Statistics of timing samples. All functions take samples in any order and never change them.

#include <cstdint>
#include <optional>
#include <span>

#include "core/units.h"

namespace knobscope {

struct Summary {
  std::int64_t count = 0;
  Nanoseconds median{};
  Nanoseconds ci_low{};  ///< 95 % interval of the median from order statistics (no assumed distribution)
  Nanoseconds ci_high{};
  Nanoseconds p5{};
  Nanoseconds p95{};
  Nanoseconds minimum{};
  Nanoseconds mean{};
  double cv = 0.0;  ///< standard deviation over mean; 0 for one sample

  /// Standard error of the median relative to it, from the interval's width (width / (2 * 1.96 * median)).
  double relative_standard_error() const;
  bool operator==(const Summary&) const = default;
};

/// Nothing for no samples. With fewer than 6 samples no order-statistic interval reaches 95 %, so the interval
/// is the whole range. Samples are nanoseconds.
std::optional<Summary> summarize(std::span<const double> samples_ns);

/// Medians closer than this are not told apart, however narrow their intervals: clocks drift by about as much from one
/// minute to the next, which no interval of one run contains.
inline constexpr double kTieFraction = 0.01;

/// Whether no winner can be named: the 95 % intervals of the medians overlap, or the larger median is at most 1 % above
/// the smaller one.
bool is_tie(const Summary& a, const Summary& b);

/// Quantile by linear interpolation between order statistics (Hyndman and Fan type 7), q in [0, 1].
/// Nothing for no samples.
std::optional<double> quantile(std::span<const double> samples, double q);

}  // namespace knobscope
