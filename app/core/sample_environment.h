#pragma once
// What the device was like while it was timed: its clock in each sample, what it told of itself meanwhile, and the
// samples that do not count because it slowed itself down.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/timing.h"

namespace knobscope {

/// What the device told at one moment; nothing where it does not tell.
struct EnvironmentReading {
  std::int64_t taken = 0;  ///< samples of the series that had been taken by then, discarded ones too
  std::optional<double> sm_clock_mhz;
  std::optional<double> memory_clock_mhz;
  std::optional<double> temperature_c;
  std::optional<double> power_w;
  std::optional<std::uint64_t> throttle_reasons;  ///< NVML's bits
  bool operator==(const EnvironmentReading&) const = default;
};

/// A sample that was taken while the device held back. It is in no statistic.
struct DiscardedSample {
  std::int64_t after = 0;  ///< accepted samples of the series that were taken before it
  double time_ns = 0.0;
  std::optional<double> sm_clock_mhz;
  std::uint64_t throttle_reasons = 0;  ///< NVML's bits that held around it; 0 where only its clock was too low
  bool operator==(const DiscardedSample&) const = default;
};

/// The environment of one technique's series.
struct SeriesEnvironment {
  Timing timing = Timing::cold;
  /// MHz of each accepted sample, in the order taken: the multiprocessor's own count of cycles over the GPU's timer.
  /// Samples of a batch share that of the batch. NaN where it is not known; empty where it is known of none.
  std::vector<double> sm_clocks_mhz;
  std::vector<DiscardedSample> discarded;  ///< in the order taken
  std::vector<EnvironmentReading> readings;

  /// Median over the accepted samples; nothing where none is known.
  std::optional<double> sm_clock_mhz() const;
  bool operator==(const SeriesEnvironment&) const = default;
};

/// When a sample is taken to be throttled.
struct ThrottleRule {
  double threshold = 0.75;             ///< of `expected_mhz`; 0 looks at no clock
  std::optional<double> expected_mhz;  ///< what the device should run at; nothing where it is not known

  /// Below which a clock is too low; nothing where none is held against anything.
  std::optional<double> least_mhz() const;
  bool operator==(const ThrottleRule&) const = default;
};

/// Those of NVML's bits that mean that the hardware held back: thermal slowdown, power brake. Not idle, application
/// clocks and power cap, which hold for whole sessions and are recorded with every point; what a cap does to the clock
/// is seen in the clock.
inline constexpr std::uint64_t kThrottlingReasons = 0x08 | 0x20 | 0x40 | 0x80;

/// "hardware thermal slowdown, hardware power brake"; nothing when none of kThrottlingReasons is set.
std::optional<std::string> throttling_in_words(std::uint64_t reasons);
/// All bits in words, those that do not throttle, too; "none" for 0.
std::string reasons_in_words(std::uint64_t reasons);

/// Why samples of a series of `accepted` others were discarded, in one sentence without its full stop; with none
/// accepted, also what to do. Precondition: at least one was discarded.
std::string discarded_in_words(const SeriesEnvironment& series, std::int64_t accepted, const ThrottleRule& rule);

}  // namespace knobscope
