#include "measure/in_turns.h"

#include <algorithm>
#include <array>
#include <functional>
#include <memory>

#include "measure/graph.h"
#include "measure/stopping.h"

namespace knobscope::measure {
namespace {

using TakeTime = std::function<double()>;

/// Takes one sample of a work, after what has to be done once.
TakeTime clock_for(Run& run, const Enqueue& enqueue, const Method& method, Timing timing) {
  switch (timing) {
    case Timing::wall:
      return [&run, enqueue] { return run.device.time_wall(enqueue).count(); };
    case Timing::graph: {
      const std::shared_ptr<device::Graph> graph = capture_runs(run, enqueue, method);
      return [&run, graph] { return run.device.time_graph(*graph).count() / kRunsPerGraph; };
    }
    case Timing::cold:
    case Timing::rotating:
    case Timing::hot:
      break;
  }
  return [&run, enqueue] { return run.device.time_cold(enqueue).count(); };
}

}  // namespace

std::optional<Timing> timing_in_turns(const Method& method) {
  for (const Timing timing : {Timing::cold, Timing::wall, Timing::graph}) {
    if (method.times(timing)) return timing;
  }
  return std::nullopt;
}

InTurns sample_in_turns(Run& run, const Enqueue& base, const Enqueue& next, const Method& method, Timing timing) {
  const TakeTime time_base = clock_for(run, base, method, timing);
  const TakeTime time_next = clock_for(run, next, method, timing);
  if (timing != Timing::cold) {  // a first round, so that each finds what a turn of the other leaves
    time_base();
    time_next();
  }
  StoppingRule rule_of_base(method, method.stopping(timing));
  StoppingRule rule_of_next(method, method.stopping(timing));
  SampleFeed of_base(run.observer, phase_of(timing));
  SampleFeed of_next(run.observer, std::nullopt);
  const Stopwatch watch;
  const auto go_on = [&] {
    const double each_s = watch.seconds() / 2.0;
    const Stop stop_base = rule_of_base.decide(of_base.samples(), each_s);
    const Stop stop_next = rule_of_next.decide(of_next.samples(), each_s);
    return stop_base == Stop::not_yet || stop_next == Stop::not_yet;
  };
  while (go_on()) {
    run.check();
    const bool base_first = of_base.samples().size() % 2 == 0;
    if (base_first) of_base.add(time_base());
    of_next.add(time_next());
    if (!base_first) of_base.add(time_base());
    run.clocks.look(run.device);
  }
  run.check();
  run.clocks.read(run.device);
  return {of_base.finish(), of_next.finish()};
}

}  // namespace knobscope::measure
