#include "measure/acceptance.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace knobscope::measure {

std::int64_t Acceptance::taken() const {
  return std::ssize(environment_.sm_clocks_mhz) + std::ssize(environment_.discarded);
}

bool Acceptance::settle(std::vector<double>& samples, std::optional<double> sm_clock_mhz) {
  std::vector<double>& clocks = environment_.sm_clocks_mhz;
  const std::size_t first = clocks.size();
  clocks.resize(samples.size(), sm_clock_mhz.value_or(std::numeric_limits<double>::quiet_NaN()));
  const std::optional<double> least = rule_.least_mhz();
  const bool is_slow = least && sm_clock_mhz && *sm_clock_mhz < *least;
  if ((!is_slow && !is_held_back()) || first == samples.size()) return false;
  discard_from(first, samples, last_reasons_);
  return true;
}

bool Acceptance::read(std::vector<double>& samples, const device::Telemetry& now) {
  environment_.readings.push_back(
      {taken(), now.sm_clock_mhz, now.memory_clock_mhz, now.temperature_c, now.power_w, now.throttle_reasons});
  last_reasons_ = now.throttle_reasons.value_or(0) & kThrottlingReasons;
  const bool spoils = is_held_back() && since_reading_ < samples.size();
  if (spoils) discard_from(since_reading_, samples, last_reasons_);
  since_reading_ = samples.size();
  return spoils;
}

void Acceptance::discard_from(std::size_t first, std::vector<double>& samples, std::uint64_t reasons) {
  std::vector<double>& clocks = environment_.sm_clocks_mhz;
  // Among those that go now may lie some that went before, for their clock: all in the order taken.
  std::vector<DiscardedSample>& discarded = environment_.discarded;
  const auto after_first = std::ranges::find_if(
      discarded, [&](const DiscardedSample& each) { return each.after > static_cast<std::int64_t>(first); });
  told_samples_ = std::min(told_samples_, first);
  told_discarded_ = std::min(told_discarded_, static_cast<std::size_t>(after_first - discarded.begin()));
  const std::vector<DiscardedSample> before(after_first, discarded.end());
  discarded.erase(after_first, discarded.end());
  auto next = before.begin();
  const auto move_those_before = [&](std::size_t sample) {
    for (; next != before.end() && next->after <= static_cast<std::int64_t>(sample); ++next) {
      discarded.push_back(
          {static_cast<std::int64_t>(first), next->time_ns, next->sm_clock_mhz, next->throttle_reasons | reasons});
    }
  };
  for (std::size_t i = first; i < samples.size(); ++i) {
    move_those_before(i);
    const std::optional<double> clock = std::isfinite(clocks[i]) ? std::optional(clocks[i]) : std::nullopt;
    discarded.push_back({static_cast<std::int64_t>(first), samples[i], clock, reasons});
  }
  move_those_before(samples.size());
  samples.resize(first);
  clocks.resize(first);
}

std::optional<SeriesStep> Acceptance::take_step(std::span<const double> samples) {
  // What was taken out stands among the discarded ones, which are then new.
  const bool is_new = told_samples_ < samples.size() || told_discarded_ < environment_.discarded.size() ||
                      told_readings_ < environment_.readings.size();
  if (!is_new) return std::nullopt;
  const auto after = [](const auto& list, std::size_t told) {
    return std::vector(list.begin() + static_cast<std::ptrdiff_t>(told), list.end());
  };
  SeriesStep step;
  step.samples_before = static_cast<std::int64_t>(told_samples_);
  step.samples_ns = after(samples, told_samples_);
  step.sm_clocks_mhz = after(environment_.sm_clocks_mhz, told_samples_);
  step.discarded_before = static_cast<std::int64_t>(told_discarded_);
  step.discarded = after(environment_.discarded, told_discarded_);
  step.readings = after(environment_.readings, told_readings_);
  told_samples_ = samples.size();
  told_discarded_ = environment_.discarded.size();
  told_readings_ = environment_.readings.size();
  return step;
}

SeriesEnvironment Acceptance::finish(Timing timing) {
  environment_.timing = timing;
  std::vector<double>& clocks = environment_.sm_clocks_mhz;
  if (std::ranges::none_of(clocks, [](double clock) { return std::isfinite(clock); })) clocks.clear();
  return std::move(environment_);
}

}  // namespace knobscope::measure
