#include "worker/live_series.h"

#include <memory>

namespace knobscope::worker {

bool LiveSeries::take(Phase phase, const SeriesStep& step) {
  const std::optional<Timing> timing = timing_of(phase);
  if (!timing) return false;
  GrowingSeries& series = by_timing_[*timing];
  series.environment.timing = *timing;
  series.take(step);
  return true;
}

void LiveSeries::put_into(LivePoint& live) const {
  for (const auto& [timing, series] : by_timing_) {
    // Null before the first sample that counts.
    if (!series.samples_ns.empty()) {
      live.samples(timing) = std::make_shared<const std::vector<double>>(series.samples_ns);
    }
    live.series_environments.push_back(series.environment);
  }
}

}  // namespace knobscope::worker
