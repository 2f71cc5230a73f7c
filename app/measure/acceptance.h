#pragma once
// Which samples of a series count. No clocks, no threads: what the device told is given to it.

#include <optional>
#include <span>
#include <vector>

#include "core/series_step.h"
#include "device/device.h"

namespace knobscope::measure {

/// A series on its way. A sample is discarded when its clock was below the rule's, or when the reading of the device
/// before it or after it names one of kThrottlingReasons: what lies between two readings is as good as the worse one.
class Acceptance {
 public:
  explicit Acceptance(const ThrottleRule& rule) : rule_(rule) {}

  /// The samples at the end of `samples` that settle() has not seen yet were taken at this clock. Those that do not
  /// count are taken out. Returns whether any was.
  bool settle(std::vector<double>& samples, std::optional<double> sm_clock_mhz);
  /// What the device tells now, after the samples settled so far. Returns whether earlier samples were taken out for
  /// it.
  bool read(std::vector<double>& samples, const device::Telemetry& now);
  /// Whether the device held back when it last told of itself.
  bool is_held_back() const { return last_reasons_ != 0; }

  std::int64_t discarded() const { return std::ssize(environment_.discarded); }
  /// What is new since the last call, for who follows the series; nothing where nothing is. Precondition: `samples` are
  /// settled.
  std::optional<SeriesStep> take_step(std::span<const double> samples);
  SeriesEnvironment finish(Timing timing);

 private:
  std::int64_t taken() const;
  void discard_from(std::size_t first, std::vector<double>& samples, std::uint64_t reasons);

  ThrottleRule rule_;
  SeriesEnvironment environment_;
  std::size_t since_reading_ = 0;  ///< samples accepted before the last reading
  std::uint64_t last_reasons_ = 0;
  // How much of each take_step() has told, less what has changed since.
  std::size_t told_samples_ = 0;
  std::size_t told_discarded_ = 0;
  std::size_t told_readings_ = 0;
};

}  // namespace knobscope::measure
