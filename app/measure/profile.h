#pragma once
// What the device's profiler says of a point, when it is asked for: kernel times by its records, then its counters.

#include "core/profile.h"
#include "device/device.h"
#include "measure/run.h"

namespace knobscope::measure {

/// So many runs give the median of the kernel times.
inline constexpr int kRecordedRuns = 31;

/// Runs the work kRecordedRuns times, and once for each pass of the counters. What cannot be had is told in the notes.
/// Throws device::Cancelled, and DeviceError when the work itself fails.
Profile take_profile(Run& run, const device::Work& work);

}  // namespace knobscope::measure
