#pragma once
// Made-up environments of series, for tests of the window.

#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/snapshot.h"

namespace knobscope::test {

/// Of `samples` accepted samples: a clock that wavers a little, readings every 60 samples, power and heat that rise.
inline SeriesEnvironment sample_environment(Timing timing, std::size_t samples, double from_w = 260.0) {
  SeriesEnvironment environment;
  environment.timing = timing;
  for (std::size_t i = 0; i < samples; ++i) {
    environment.sm_clocks_mhz.push_back(1965.0 + 12.0 * std::sin(0.7 * static_cast<double>(i)));
  }
  for (std::size_t taken = 0;; taken += 60) {
    taken = std::min(taken, samples);
    const double share = static_cast<double>(taken) / 240.0;
    environment.readings.push_back(
        {static_cast<std::int64_t>(taken), 1980.0, 3201.0, 41.0 + 9.0 * share, from_w + 240.0 * share, 0});
    if (taken == samples) break;
  }
  return environment;
}

/// Throttles a series of `point` as an engine would: a third on, `count` samples come at half the clock and twice the
/// time, are discarded, and NVML tells why.
inline void throttle(Point& point, Timing timing, int count) {
  for (SeriesEnvironment& series : point.series_environments) {
    if (series.timing != timing) continue;
    const auto after = static_cast<std::int64_t>(point.samples(timing)->size() / 3);
    const double usual_ns = point.summary(timing)->median.count();
    for (int i = 0; i < count; ++i) series.discarded.push_back({after, usual_ns * 2.0, 990.0 + i, 0x40});
    for (EnvironmentReading& reading : series.readings) {
      if (reading.taken > after) reading.taken += count;
    }
    series.readings.insert(series.readings.begin() + 1, {after + count, 990.0, 3201.0, 91.0, 690.0, 0x40});
  }
  point.environment.expected_sm_clock_mhz = 1980.0;
  point.environment.throttle_reasons = 0x40;
}

}  // namespace knobscope::test
