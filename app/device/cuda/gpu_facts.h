#pragma once
// What the driver and NVML say of a GPU.

#include "core/device_facts.h"
#include "device/cuda/driver.h"
#include "device/cuda/nvml.h"
#include "device/cuda/nvrtc_library.h"

namespace knobscope::device::cuda {

/// "0000:1b:00.0": the name under which NVML knows the GPU. Empty when the driver does not tell.
std::string pci_bus_id(const Driver& driver, CUdevice device);

/// `nvml` may be null. Throws DeviceError.
DeviceFacts facts_of(const Driver& driver, int ordinal, const NvrtcLibrary& nvrtc, const Nvml* nvml);

}  // namespace knobscope::device::cuda
