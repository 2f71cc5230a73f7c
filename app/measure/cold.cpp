#include "measure/cold.h"

#include "measure/stopping.h"

namespace knobscope::measure {

std::vector<double> sample_cold(Run& run, const Enqueue& enqueue, const Method& method, std::optional<Phase> phase) {
  StoppingRule rule(method, method.cold_stopping);
  SampleFeed feed(run.observer, phase);
  const Stopwatch watch;
  while (rule.decide(feed.samples(), watch.seconds()) == Stop::not_yet) {
    run.check();
    feed.add(run.device.time_cold(enqueue).count());
    run.clocks.look(run.device);
  }
  run.check();  // a run that was cut short leaves a short time
  run.clocks.read(run.device);
  return feed.finish();
}

}  // namespace knobscope::measure
