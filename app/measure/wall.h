#pragma once
// Wall timing: the host's clock from before a run is started until the device has ended it. What a caller waits who
// starts one kernel and needs its result: arguments, driver, launch, kernel, notice of the end.

#include <vector>

#include "measure/run.h"

namespace knobscope::measure {

/// One run per sample on an idle device, the cache as the run before left it. Nanoseconds in the order taken.
std::vector<double> sample_wall(Run& run, const Enqueue& enqueue, const Method& method);

}  // namespace knobscope::measure
