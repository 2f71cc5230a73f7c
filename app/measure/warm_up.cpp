#include "measure/warm_up.h"

namespace knobscope::measure {
namespace {

constexpr int kFewestRuns = 2;

}  // namespace

void warm_up(Run& run, const Enqueue& enqueue, const Method& method, double seconds) {
  const Stopwatch watch;
  for (int runs = 0; runs < kFewestRuns || watch.seconds() < seconds; ++runs) {
    if (runs > 0 && watch.seconds() > method.time_limit_s) return;
    run.check();
    enqueue();
    run.device.synchronize();
    run.observer.alive();
  }
}

}  // namespace knobscope::measure
