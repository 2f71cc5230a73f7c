#include "device/cuda/event_overhead.h"

#include <algorithm>
#include <vector>

#include "core/statistics.h"
#include "device/cuda/graph.h"

namespace knobscope::device::cuda {
namespace {

constexpr int kSamples = 31;
constexpr int kRuns = 100;  // in the graph: what it has before and after them is then nothing

template <class Take>
double median_of(const Take& take) {
  take();  // pays for what later ones find done
  std::vector<double> times;
  for (int i = 0; i < kSamples; ++i) times.push_back(take().count());
  return quantile(times, 0.5).value_or(0.0);
}

}  // namespace

Nanoseconds measure_event_overhead(const ContextPtr& context, const OwnProgram& program, Timer& timer) {
  const auto nothing = [&program] { program.enqueue("nothing", 1, 1, 0U); };
  const double by_events = median_of([&] { return timer.cold(nothing); });
  const CudaGraph graph(context, nothing, kRuns);
  const double own = median_of([&] { return timer.graph(graph); }) / kRuns;
  timer.take_exposed_launches();  // a median does not mind a few, and they are nobody's samples
  return Nanoseconds(std::max(by_events - own, 0.0));
}

}  // namespace knobscope::device::cuda
