#include "measure/profile.h"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

namespace knobscope::measure {
namespace {

/// Runs between two signs of life.
constexpr std::size_t kAtOnce = 8;

std::optional<Summary> kernel_times(Run& run, const device::Work& work) {
  std::vector<double> samples;
  std::array<Nanoseconds, kAtOnce> some{};
  while (samples.size() < kRecordedRuns) {
    run.check();
    const std::size_t count = std::min(kAtOnce, kRecordedRuns - samples.size());
    run.device.time_kernels(work, std::span(some).first(count));
    for (std::size_t i = 0; i < count; ++i) samples.push_back(some[i].count());
    run.observer.alive();
  }
  return summarize(samples);
}

}  // namespace

Profile take_profile(Run& run, const device::Work& work) {
  Profile profile;
  try {
    profile.kernel = kernel_times(run, work);
  } catch (const device::Unprofilable& error) {
    profile.notes.push_back(fmt::format("no kernel times: {}", error.what()));
  }
  run.check();
  try {
    profile.counters = run.device.count(work);
  } catch (const device::Unprofilable& error) {
    profile.notes.push_back(fmt::format("no counters: {}", error.what()));
  }
  run.observer.alive();
  return profile;
}

}  // namespace knobscope::measure
