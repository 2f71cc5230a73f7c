#include "measure/warm_up.h"

namespace knobscope::measure {
namespace {

constexpr double kWarmUp_s = 0.03;
constexpr int kFewestRuns = 2;

}  // namespace

void warm_up(Run& run, const Enqueue& enqueue, const Method& method) {
  const Stopwatch watch;
  for (int runs = 0; runs < kFewestRuns || watch.seconds() < kWarmUp_s; ++runs) {
    if (runs > 0 && watch.seconds() > method.time_limit_s) return;
    run.check();
    enqueue();
    run.device.synchronize();
    run.observer.alive();
  }
}

}  // namespace knobscope::measure
