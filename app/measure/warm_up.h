#pragma once
// Warm-up: runs that are not counted, so that clocks, page tables, instruction caches and thread pools are where they
// stay during the timing.

#include "measure/run.h"

namespace knobscope::measure {

/// At least two runs and about 30 ms of them; a single run when that alone takes longer than the method's time limit.
void warm_up(Run& run, const Enqueue& enqueue, const Method& method);

}  // namespace knobscope::measure
