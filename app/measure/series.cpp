#include "measure/series.h"

#include "measure/stopping.h"

namespace knobscope::measure {

std::vector<double> sample_series(Run& run, const Method& method, StoppingCriterion criterion,
                                  std::optional<Phase> phase, const TakeSamples& take) {
  StoppingRule rule(method, criterion);
  SampleFeed feed(run.observer, phase);
  const Stopwatch watch;
  while (rule.decide(feed.samples(), watch.seconds()) == Stop::not_yet) {
    run.check();
    take(feed);
    run.clocks.look(run.device);
  }
  run.check();  // a run that was cut short leaves a short time
  run.clocks.read(run.device);
  return feed.finish();
}

}  // namespace knobscope::measure
