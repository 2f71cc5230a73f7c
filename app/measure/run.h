#pragma once
// What every technique of the method needs while it runs: the device, who watches, and whether to go on.

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <vector>

#include "device/device.h"
#include "measure/clock_watch.h"
#include "measure/observer.h"

namespace knobscope::measure {

class Acceptance;

/// Starts the work to be timed once.
using Enqueue = std::function<void()>;

/// Seconds since it was made.
class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Collects samples and hands them to the observer about 30 times a second.
class SampleFeed {
 public:
  /// `phase`: nothing when the samples are not a point's, so that the observer hears only that there is progress.
  SampleFeed(Observer& observer, std::optional<Phase> phase) : observer_(observer), phase_(phase) {}
  void add(double sample_ns) { samples_.push_back(sample_ns); }
  /// What lies in it counts, as far as is known: hands over what is new if it is time.
  void offer(Acceptance& acceptance);
  /// Hands over what is left and gives the whole series away.
  std::vector<double> finish(Acceptance& acceptance);
  const std::vector<double>& samples() const { return samples_; }
  /// For who takes samples out again.
  std::vector<double>& samples() { return samples_; }

 private:
  void send(Acceptance& acceptance);

  Observer& observer_;
  std::optional<Phase> phase_;
  std::vector<double> samples_;
  Stopwatch since_sent_;
};

struct Run {
  device::Device& device;
  Observer& observer;
  const std::atomic<bool>& stop;
  ClockWatch& clocks;

  /// Throws device::Cancelled when the user no longer wants the result.
  void check() const {
    if (stop.load(std::memory_order_relaxed)) throw device::Cancelled();
  }
};

}  // namespace knobscope::measure
