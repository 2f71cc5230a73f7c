#pragma once
// What a cold time by events holds beside the kernel: the two events' own time, and the kernel's way into the GPU and
// out of it between them. The same for every kernel, short or long: about 2 µs on an H200.

#include "core/units.h"
#include "device/cuda/context.h"
#include "device/cuda/own_program.h"
#include "device/cuda/timer.h"

namespace knobscope::device::cuda {

/// A kernel that does nothing, timed cold, less the same kernel's own time, which is what one run takes of a graph of
/// many. No profiler is needed for either. `program` is memory.cu.
Nanoseconds measure_event_overhead(const ContextPtr& context, const OwnProgram& program, Timer& timer);

}  // namespace knobscope::device::cuda
