#pragma once
// A GPU played out on the CPU: the very .cu files that run on one are executed and watched. Right answers, no times.

#include <string>
#include <vector>

#include "device/device.h"

namespace knobscope::device::emulated {

/// Facts of the GPU that is played. A missing compiler is said in `notes` (may be null); the device then judges but
/// compiles nothing. Never throws.
DeviceFacts list(std::vector<std::string>* notes);

/// Throws DeviceError when the system gives no address space for its buffers.
DevicePtr open(const Options& options);

}  // namespace knobscope::device::emulated
