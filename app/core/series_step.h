#pragma once
// A series of samples as it is told while it is taken: step by step, each with what the device was like meanwhile.

#include <cstdint>
#include <vector>

#include "core/sample_environment.h"

namespace knobscope {

/// What changed in a series since the step before. Samples that were told may be taken out again, when a later reading
/// says that the device held back: then a step begins with fewer than there were.
struct SeriesStep {
  std::int64_t samples_before = 0;  ///< so many of those told still count; these follow them
  std::vector<double> samples_ns;
  std::vector<double> sm_clocks_mhz;  ///< of each of samples_ns, NaN where it is not known
  std::int64_t discarded_before = 0;  ///< so many of the discarded ones told are as they were; these follow them
  std::vector<DiscardedSample> discarded;
  std::vector<EnvironmentReading> readings;  ///< follow those told
  bool operator==(const SeriesStep&) const = default;
};

/// A series put together from its steps.
struct GrowingSeries {
  std::vector<double> samples_ns;
  SeriesEnvironment environment;  ///< a clock for each sample, NaN where it is not known

  /// Whatever the numbers are: they come from another process.
  void take(const SeriesStep& step);
};

}  // namespace knobscope
