#pragma once
// NVIDIA GPUs behind the device interface. No CUDA type appears here.

#include <string>
#include <vector>

#include "device/device.h"

namespace knobscope::device::cuda {

/// Every GPU that can be used, by index; empty, and silent, where there is no driver or no GPU. What is there but
/// cannot be used gives a sentence in `notes` (may be null). Opens no context. Never throws.
std::vector<DeviceFacts> list(std::vector<std::string>* notes);

/// Opens GPU `ordinal` (N of "cuda:N"). Throws DeviceError that says what is missing.
DevicePtr open(int ordinal, const Options& options);

}  // namespace knobscope::device::cuda
