#pragma once
// The CPU as a device: kernels are C++ functions that are called once for each block of the grid, spread over threads.

#include <string>
#include <vector>

#include "device/device.h"

namespace knobscope::device::cpu {

/// Facts of this machine. A missing compiler is said in `notes` (may be null); the device then judges and copies but
/// compiles nothing. Never throws.
DeviceFacts list(std::vector<std::string>* notes);

DevicePtr open(const Options& options);

}  // namespace knobscope::device::cpu
