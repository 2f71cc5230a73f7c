#pragma once
// Statistics of timing samples. All functions take samples in any order and never change them.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/bootstrap.h"
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

/// The fewest samples with which order statistics can enclose the quantile q with 95 %: with fewer, all of them may
/// well lie on one side of it. 6 for the median, 368 for p99. Precondition: 0 < q < 1.
std::size_t samples_for_quantile(double q);

/// What the samples tell beyond their summary.
struct Spread {
  Nanoseconds q1{};
  Nanoseconds q3{};
  Nanoseconds p99{};
  bool p99_is_known = false;  ///< there are enough samples for it; where not, p99 is shown marked or not at all
  Interval median_ns;         ///< bootstrap_median()

  Nanoseconds iqr() const { return q3 - q1; }
  bool operator==(const Spread&) const = default;
};

/// Nothing for no samples. Samples are nanoseconds. About 0.3 ms for a thousand of them.
std::optional<Spread> spread_of(std::span<const double> samples_ns);

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
