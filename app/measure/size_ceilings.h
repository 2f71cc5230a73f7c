#pragma once
// What the memory reaches with as many bytes as a problem compels, by the techniques that a kernel is timed by.

#include <functional>
#include <optional>
#include <vector>

#include "core/point.h"
#include "measure/run.h"

namespace knobscope::measure {

/// Of one device. Each size is measured once by each technique and stopping rule, so that a sweep over variants and
/// knobs pays for it with its first point only.
class SizeCeilings {
 public:
  /// For each technique of the method: copies (by the driver and by a kernel), reads and writes of about `bytes`
  /// (rounded_size()). The same technique, warm-up and stopping criterion as the kernel's, a series taking at most
  /// kLongestSeries_s; of up to kRounds rounds the best median counts, for whatever disturbs makes it slower. No round
  /// begins when kLongest_s have passed: a person waits for them.
  /// A technique that cannot time the size, or has no room for it, has none.
  std::vector<SizeCeiling> of(Run& run, Bytes bytes, const Method& method);

 private:
  struct Known {
    Bytes size;
    Timing timing = Timing::cold;
    Method rule;  ///< without what does not concern the series
    std::optional<SizeCeiling> ceiling;
  };
  std::vector<Known> known_;
};

inline constexpr int kRounds = 3;
inline constexpr double kLongestSeries_s = 0.05;
inline constexpr double kLongest_s = 0.15;

/// Variants of a problem differ in the statistics they also return, a few bytes: one size for all. Rounded down by less
/// than 1/64, and to whole float4s of both halves.
Bytes rounded_size(Bytes bytes);

/// Nothing when the technique cannot time it or memory is short.
std::optional<SizeCeiling> measure_size_ceiling(Run& run, Bytes size, Timing timing, const Method& method);

}  // namespace knobscope::measure
