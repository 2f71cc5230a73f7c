#pragma once
// The rates the device's memory reaches at best, measured by the same techniques as the kernels.

#include <optional>

#include "core/point.h"
#include "measure/run.h"

namespace knobscope::measure {

/// What came of measuring it.
struct CeilingFound {
  std::optional<Ceiling> ceiling;
  bool held_back = false;  ///< the device throttled in all samples of a kind: another time may tell
};

/// So often at most is a ceiling tried, the device holding back each time.
inline constexpr int kMostCeilingTries = 3;

/// Copies, reads and writes buffers well past the last-level cache (512 MiB on a GPU; four caches, at most 256 MiB, on
/// a CPU; smaller when memory is short), cold. Nothing, with a note to the observer, when there is no room for buffers
/// larger than the cache.
CeilingFound measure_ceiling(Run& run);

/// Bytes of each of the two buffers to try first.
Bytes ceiling_buffer_size(const DeviceFacts& facts);

}  // namespace knobscope::measure
