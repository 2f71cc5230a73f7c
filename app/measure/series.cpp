#include "measure/series.h"

#include <algorithm>
#include <thread>

#include "measure/stopping.h"

namespace knobscope::measure {

void pause(Run& run, double seconds) {
  constexpr double kStep_s = 0.01;
  for (const Stopwatch watch; watch.seconds() < seconds;) {
    run.check();
    run.observer.alive();
    std::this_thread::sleep_for(std::chrono::duration<double>(std::min(kStep_s, seconds - watch.seconds())));
  }
}

bool is_hopeless(const SampleFeed& feed, const Acceptance& acceptance, const Method& method, double elapsed_s) {
  if (!feed.samples().empty() || acceptance.discarded() == 0) return false;
  const bool few = acceptance.discarded() < static_cast<std::int64_t>(kSamplesForAnInterval);
  return elapsed_s >= (few ? kPatience : 1.0) * method.time_limit_s;
}

std::vector<double> sample_series(Run& run, const Method& method, StoppingCriterion criterion,
                                  std::optional<Phase> phase, const TakeSamples& take) {
  StoppingRule rule(method, criterion);
  SampleFeed feed(run.observer, phase);
  Acceptance acceptance({method.throttle_threshold, run.clocks.expected_mhz()});
  const auto recover = [&] {
    rule = StoppingRule(method, criterion);  // it may have counted what does not count any more
    pause(run, method.throttle_recovery_s);
  };
  acceptance.read(feed.samples(), run.clocks.begin(run.device));
  const Stopwatch watch;
  while (true) {
    const bool enough = rule.decide(feed.samples(), watch.seconds()) != Stop::not_yet ||
                        is_hopeless(feed, acceptance, method, watch.seconds());
    run.check();  // a run that was cut short leaves a short time
    if (enough) {
      // Only now is it known whether the last ones count.
      const bool taken_out = acceptance.read(feed.samples(), run.clocks.end(run.device));
      if (!taken_out || watch.seconds() >= method.time_limit_s) break;
      recover();
      continue;
    }
    take(feed);
    bool taken_out = acceptance.settle(feed.samples(), run.device.timed_sm_clock_mhz());
    for (const device::Telemetry& told : run.clocks.look(run.device)) {
      taken_out = acceptance.read(feed.samples(), told) || taken_out;
    }
    if (taken_out) recover();
    feed.offer(acceptance);
  }
  std::vector<double> samples = feed.finish(acceptance);
  if (phase) run.clocks.keep(acceptance.finish(timing_of(*phase).value_or(Timing::cold)));
  return samples;
}

}  // namespace knobscope::measure
