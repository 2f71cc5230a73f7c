#pragma once
// Hot timing: runs back to back, so the cache holds whatever the run before left in it.

#include <vector>

#include "measure/run.h"

namespace knobscope::measure {

/// Batches of runs, each run timed on its own, until the method's stopping rule says so. Nanoseconds in the order
/// taken.
std::vector<double> sample_hot(Run& run, const Enqueue& enqueue, const Method& method, Phase phase = Phase::hot);

/// Runs in the next batch: about 20 ms of them, so that the rule, the observer and a cancel get their turn, and never
/// more than are still allowed. The first batch is a single run, for nothing is known yet.
std::size_t next_batch(std::span<const double> samples_ns, std::size_t max_samples);

}  // namespace knobscope::measure
