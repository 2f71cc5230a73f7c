#pragma once
// Graph timing: runs captured once and replayed as one graph, as frameworks launch a network that does not change. No
// host is in it, and hardly a gap between runs: the nearest to the kernel alone.

#include <vector>

#include "measure/run.h"

namespace knobscope::measure {

/// kRunsPerGraph runs, to be replayed. Throws Untimeable as sample_graph() does.
device::GraphPtr capture_runs(Run& run, const Enqueue& enqueue, const Method& method);

/// Each sample is one replay of kRunsPerGraph runs, over kRunsPerGraph: its noise is that of a mean. Nanoseconds in the
/// order taken. Throws Untimeable where the work cannot be captured, or where a replay would be a silence too long to
/// tell from a kernel that hangs.
std::vector<double> sample_graph(Run& run, const Enqueue& enqueue, const Method& method);

}  // namespace knobscope::measure
