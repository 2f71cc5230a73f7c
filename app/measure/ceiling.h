#pragma once
// The rates the device's memory reaches at best, measured by the same cold method as the kernels.

#include <optional>

#include "core/point.h"
#include "measure/run.h"

namespace knobscope::measure {

/// Copies and reads buffers well past the last-level cache (512 MiB on a GPU; four caches, at most 256 MiB, on a CPU;
/// smaller when memory is short). Nothing, with a note to the observer, when there is no room for buffers larger than
/// the cache.
std::optional<Ceiling> measure_ceiling(Run& run);

/// Copies half of `bytes` from one buffer to another, by the driver and by a kernel, and takes the medians: times of a
/// kernel that moves as many bytes are compared with these. Nothing when there is no room for the buffers.
std::optional<SizedCopy> measure_sized_copy(Run& run, Bytes bytes);

/// Bytes of each of the two buffers to try first.
Bytes ceiling_buffer_size(const DeviceFacts& facts);

}  // namespace knobscope::measure
