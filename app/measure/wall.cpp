#include "measure/wall.h"

#include "measure/series.h"

namespace knobscope::measure {

std::vector<double> sample_wall(Run& run, const Enqueue& enqueue, const Method& method) {
  run.device.time_wall(enqueue);  // the cache is then as a run of its own kind leaves it
  return sample_series(run, method, method.stopping(Timing::wall), Phase::wall,
                       [&](SampleFeed& feed) { feed.add(run.device.time_wall(enqueue).count()); });
}

}  // namespace knobscope::measure
