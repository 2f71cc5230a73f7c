#pragma once
// This machine as a device.

#include <string>

#include "core/device_facts.h"

namespace knobscope::device::cpu {

/// Facts of the CPU device; `toolkit` is the compiler's title, empty when there is none.
DeviceFacts facts_of_machine(const std::string& toolkit);

}  // namespace knobscope::device::cpu
