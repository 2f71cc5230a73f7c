#include "measure/clock_watch.h"

#include <utility>

namespace knobscope::measure {

device::Telemetry ClockWatch::begin(device::Device& device) {
  const bool is_fresh = read_at_ && Clock::now() - *read_at_ < period_ / 2;
  return is_fresh ? last_ : read(device);
}

std::vector<device::Telemetry> ClockWatch::look(device::Device& device) {
  if (!thread_.joinable()) {
    if (read_at_ && Clock::now() - *read_at_ < period_) return {};
    if (!device.telemetry_is_apart()) return {read(device)};
    // Most series are over before they need it.
    thread_ = std::jthread([this, &device](const std::stop_token& stop) { read_apart(stop, device); });
    return {};
  }
  std::vector<device::Telemetry> told;
  {
    const std::lock_guard lock(mutex_);
    told.swap(told_);
  }
  for (const device::Telemetry& each : told) note(each);
  return told;
}

device::Telemetry ClockWatch::end(device::Device& device) {
  if (thread_.joinable()) {
    thread_.request_stop();
    thread_.join();
    thread_ = {};
    for (const device::Telemetry& each : std::exchange(told_, {})) note(each);
  }
  return read(device);
}

device::Telemetry ClockWatch::read(device::Device& device) {
  const device::Telemetry now = device.telemetry();
  note(now);
  return now;
}

void ClockWatch::note(const device::Telemetry& now) {
  last_ = now;
  read_at_ = Clock::now();
  const std::optional<std::uint64_t> before = seen_.throttle_reasons;
  seen_ = now;
  if (before) seen_.throttle_reasons = now.throttle_reasons.value_or(0) | *before;
}

void ClockWatch::read_apart(const std::stop_token& stop, device::Device& device) {
  while (!stop.stop_requested()) {
    const device::Telemetry now = device.telemetry();
    std::unique_lock lock(mutex_);
    told_.push_back(now);
    wake_.wait_for(lock, stop, period_, [] { return false; });
  }
}

}  // namespace knobscope::measure
