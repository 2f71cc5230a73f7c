#include "measure/graph.h"

#include <array>

#include <fmt/format.h>

#include "measure/series.h"

namespace knobscope::measure {
namespace {

device::GraphPtr captured(Run& run, const Enqueue& enqueue) {
  try {
    return run.device.capture(enqueue, kRunsPerGraph);
  } catch (const device::Uncapturable& error) {
    throw Untimeable(error.what());
  }
}

void check_silence(Run& run, const Enqueue& enqueue, const Method& method) {
  std::array<Nanoseconds, 1> one{};
  run.device.time_hot(enqueue, one);
  const double replay_s = one.front().count() * 1e-9 * kRunsPerGraph;
  if (replay_s <= method.launch_limit_s / 2.0) return;
  throw Untimeable(
      fmt::format("a replay of {} runs would take {:.3g} s, more than half of the launch limit of {:.3g} s",
                  kRunsPerGraph, replay_s, method.launch_limit_s));
}

}  // namespace

device::GraphPtr capture_runs(Run& run, const Enqueue& enqueue, const Method& method) {
  device::GraphPtr graph = captured(run, enqueue);
  check_silence(run, enqueue, method);
  return graph;
}

std::vector<double> sample_graph(Run& run, const Enqueue& enqueue, const Method& method) {
  const device::GraphPtr graph = capture_runs(run, enqueue, method);
  run.device.time_graph(*graph);  // the first replay pays for things that later ones find done
  return sample_series(run, method, method.stopping(Timing::graph), Phase::graph,
                       [&](SampleFeed& feed) { feed.add(run.device.time_graph(*graph).count() / kRunsPerGraph); });
}

}  // namespace knobscope::measure
