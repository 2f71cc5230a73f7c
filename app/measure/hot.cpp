#include "measure/hot.h"

#include <algorithm>

#include "measure/series.h"
#include "measure/stopping.h"

namespace knobscope::measure {
namespace {

constexpr double kBatch_ns = 20e6;
constexpr std::size_t kLargestBatch = 256;

}  // namespace

std::size_t next_batch(std::span<const double> samples_ns, std::size_t max_samples) {
  if (samples_ns.empty()) return 1;
  // The last few say more of the present speed than the first ones do.
  const std::span<const double> recent = samples_ns.last(std::min<std::size_t>(samples_ns.size(), 32));
  const double typical_ns = std::max(quantile(recent, 0.5).value_or(1.0), 1.0);
  const auto fitting = static_cast<std::size_t>(std::clamp(kBatch_ns / typical_ns, 1.0, double{kLargestBatch}));
  const std::size_t left = max_samples > samples_ns.size() ? max_samples - samples_ns.size() : 1;
  return std::min(fitting, left);
}

std::vector<double> sample_hot(Run& run, const Enqueue& enqueue, const Method& method, Phase phase) {
  const StoppingCriterion criterion = method.stopping(timing_of(phase).value_or(Timing::hot));
  const std::size_t max_samples = most_samples(method, criterion);
  std::vector<Nanoseconds> batch;
  return sample_series(run, method, criterion, phase, [&](SampleFeed& feed) {
    batch.assign(next_batch(feed.samples(), max_samples), Nanoseconds{});
    run.device.time_hot(enqueue, batch);
    for (const Nanoseconds time : batch) feed.add(time.count());
  });
}

}  // namespace knobscope::measure
