#pragma once
// Warm-up: runs that are not counted, so that clocks, page tables, instruction caches and thread pools are where they
// stay during the timing.

#include "measure/run.h"

namespace knobscope::measure {

/// Of a device that has been idle: what its clocks need to rise.
inline constexpr double kWarmUp_s = 0.03;
/// Of one that has just timed something else: what the new kernel needs to come into the caches.
inline constexpr double kWarmUpOfWarm_s = 0.003;
/// Clocks stay up this long, and longer.
inline constexpr double kStaysWarm_s = 0.1;

/// At least two runs and about `seconds` of them; a single run when that alone takes longer than the method's time
/// limit.
void warm_up(Run& run, const Enqueue& enqueue, const Method& method, double seconds = kWarmUp_s);

}  // namespace knobscope::measure
