#include "measure/hot.h"

#include <algorithm>

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

std::vector<double> sample_hot(Run& run, const Enqueue& enqueue, const Method& method) {
  StoppingRule rule(method, method.hot_stopping);
  SampleFeed feed(run.observer, Phase::hot);
  const std::size_t max_samples = most_samples(method, method.hot_stopping);
  std::vector<Nanoseconds> batch;
  const Stopwatch watch;
  while (rule.decide(feed.samples(), watch.seconds()) == Stop::not_yet) {
    run.check();
    batch.assign(next_batch(feed.samples(), max_samples), Nanoseconds{});
    run.device.time_hot(enqueue, batch);
    for (const Nanoseconds time : batch) feed.add(time.count());
    run.clocks.look(run.device);
  }
  run.check();  // a run that was cut short leaves a short time
  run.clocks.read(run.device);
  return feed.finish();
}

}  // namespace knobscope::measure
