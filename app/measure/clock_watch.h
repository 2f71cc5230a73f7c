#pragma once
// What the device tells of itself while it is timed: read before and after each series, and meanwhile on a thread of
// its own, so that no sample waits for a reading.

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "core/sample_environment.h"
#include "device/device.h"

namespace knobscope::measure {

/// Over the timed phases of one point. All calls from one thread.
class ClockWatch {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kUsualPeriod{50};

  /// `period`: how old a reading may become while a series runs.
  explicit ClockWatch(std::chrono::milliseconds period = kUsualPeriod) : period_(period) {}
  ClockWatch(const ClockWatch&) = delete;
  ClockWatch& operator=(const ClockWatch&) = delete;

  /// What samples' clocks are held against; nothing where it is not known.
  void expect(std::optional<double> sm_clock_mhz) { expected_mhz_ = sm_clock_mhz; }
  std::optional<double> expected_mhz() const { return expected_mhz_; }

  /// Before a series: what the device tells now, or told a moment ago.
  device::Telemetry begin(device::Device& device);
  /// Between samples: what the device told since the last call. Does not wait for a device that tells apart.
  std::vector<device::Telemetry> look(device::Device& device);
  /// After a series: reads once more, and no longer apart. Waits.
  device::Telemetry end(device::Device& device);

  /// The last reading, with the throttle bits of all of them.
  const device::Telemetry& seen() const { return seen_; }

  void keep(SeriesEnvironment series) { series_.push_back(std::move(series)); }
  const std::vector<SeriesEnvironment>& series() const { return series_; }

 private:
  device::Telemetry read(device::Device& device);
  void note(const device::Telemetry& now);
  void read_apart(const std::stop_token& stop, device::Device& device);

  std::chrono::milliseconds period_;
  std::optional<double> expected_mhz_;
  device::Telemetry seen_;
  device::Telemetry last_;
  std::optional<Clock::time_point> read_at_;
  std::vector<SeriesEnvironment> series_;

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::vector<device::Telemetry> told_;  ///< by the thread, not yet taken
  std::jthread thread_;                  ///< last: it ends first
};

}  // namespace knobscope::measure
