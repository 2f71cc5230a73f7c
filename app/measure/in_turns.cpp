#include "measure/in_turns.h"

#include <algorithm>
#include <array>
#include <functional>
#include <memory>

#include "measure/acceptance.h"
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
  std::int64_t pair = 0;
  const Stopwatch watch;
  const auto go_on = [&] {
    const double each_s = watch.seconds() / 2.0;
    const Stop stop_base = rule_of_base.decide(of_base.samples(), each_s);
    const Stop stop_next = rule_of_next.decide(of_next.samples(), each_s);
    return stop_base == Stop::not_yet || stop_next == Stop::not_yet;
  };
  // A pair counts as a whole, or not at all.
  const ThrottleRule throttling{method.throttle_threshold, run.clocks.expected_mhz()};
  Acceptance base_accepted(throttling);
  Acceptance next_accepted(throttling);
  const auto read = [&](const device::Telemetry& told) {
    const bool taken_out = base_accepted.read(of_base.samples(), told);
    return next_accepted.read(of_next.samples(), told) || taken_out;
  };
  std::optional<double> slower_mhz;
  const auto take = [&](SampleFeed& feed, const TakeTime& time) {
    feed.add(time());
    const std::optional<double> clock = run.device.timed_sm_clock_mhz();
    if (clock) slower_mhz = std::min(slower_mhz.value_or(*clock), *clock);
  };
  read(run.clocks.begin(run.device));
  while (go_on() && !is_hopeless(of_base, base_accepted, method, watch.seconds())) {
    run.check();
    slower_mhz.reset();
    const bool base_first = pair++ % 2 == 0;
    if (base_first) take(of_base, time_base);
    take(of_next, time_next);
    if (!base_first) take(of_base, time_base);
    bool taken_out = base_accepted.settle(of_base.samples(), slower_mhz);
    taken_out = next_accepted.settle(of_next.samples(), slower_mhz) || taken_out;
    for (const device::Telemetry& told : run.clocks.look(run.device)) taken_out = read(told) || taken_out;
    if (taken_out) {
      rule_of_base = StoppingRule(method, method.stopping(timing));
      rule_of_next = StoppingRule(method, method.stopping(timing));
      pause(run, method.throttle_recovery_s);
    }
    of_base.offer(base_accepted);
    of_next.offer(next_accepted);
  }
  run.check();
  read(run.clocks.end(run.device));
  InTurns samples = {of_base.finish(base_accepted), of_next.finish(next_accepted)};
  run.clocks.keep(base_accepted.finish(timing));
  return samples;
}

}  // namespace knobscope::measure
