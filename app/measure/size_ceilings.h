#pragma once
// What the memory reaches with as many bytes as a problem compels, by the techniques that a kernel is timed by.

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "core/known_ceilings.h"
#include "measure/ceiling.h"
#include "measure/run.h"

namespace knobscope::measure {

/// What came of measuring one.
struct SizeCeilingFound {
  std::optional<SizeCeiling> ceiling;
  bool held_back = false;  ///< the device throttled in all samples of a kind: another time may tell more
};

/// Of one device. Each size is measured once by each technique and stopping rule, so that a sweep over variants and
/// knobs pays for it with its first point only.
class SizeCeilings {
 public:
  /// For each technique of the method: copies (by the driver and by a kernel), reads and writes of about `bytes`
  /// (rounded_size()). The same technique, warm-up and stopping criterion as the kernel's, a series taking at most
  /// kLongestSeries_s; of up to kRounds rounds the best median counts, for whatever disturbs makes it slower. No round
  /// begins when kLongest_s have passed: a person waits for them.
  /// A technique that cannot time the size, or has no room for it, has none. Where the device throttled in all samples
  /// of a kind, that kind is unknown for now, and tried again with the next point, up to kMostCeilingTries in all.
  std::vector<SizeCeiling> of(Run& run, Bytes bytes, const Method& method);

  /// These need not be measured.
  void know(std::span<const KnownSizeCeiling> recorded);

 private:
  struct Known {
    Bytes size;
    Timing timing = Timing::cold;
    Method rule;  ///< without what does not concern the series
    SizeCeilingFound found;
    int tries = 1;
  };
  std::vector<Known> known_;
};

inline constexpr int kRounds = 3;
inline constexpr double kLongestSeries_s = 0.05;
inline constexpr double kLongest_s = 0.15;

/// Variants of a problem differ in the statistics they also return, a few bytes: one size for all. Rounded down by less
/// than 1/64, and to whole float4s of both halves.
Bytes rounded_size(Bytes bytes);

/// No ceiling when the technique cannot time it or memory is short.
SizeCeilingFound measure_size_ceiling(Run& run, Bytes size, Timing timing, const Method& method);

}  // namespace knobscope::measure
