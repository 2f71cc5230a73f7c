#pragma once
// Cold timing: the last-level cache holds other data when the kernel starts, as in a network whose layers do not fit
// it.

#include <optional>
#include <vector>

#include "measure/run.h"

namespace knobscope::measure {

/// One run per sample, each after a flush, until the method's stopping rule says so. Nanoseconds in the order taken.
/// `phase`: where the observer files the samples; nothing for measurements that belong to no point.
std::vector<double> sample_cold(Run& run, const Enqueue& enqueue, const Method& method, std::optional<Phase> phase);

}  // namespace knobscope::measure
