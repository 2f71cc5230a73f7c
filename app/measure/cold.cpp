#include "measure/cold.h"

#include "measure/series.h"

namespace knobscope::measure {

std::vector<double> sample_cold(Run& run, const Enqueue& enqueue, const Method& method, std::optional<Phase> phase) {
  return sample_series(run, method, method.stopping(Timing::cold), phase,
                       [&](SampleFeed& feed) { feed.add(run.device.time_cold(enqueue).count()); });
}

}  // namespace knobscope::measure
