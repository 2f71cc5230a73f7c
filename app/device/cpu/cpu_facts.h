#pragma once
// What the operating system tells of this machine.

#include <optional>
#include <string>

#include "core/device_facts.h"

namespace knobscope::device::cpu {

/// Facts of the CPU device; `toolkit` is the compiler's title, empty when there is none.
DeviceFacts facts_of_machine(const std::string& toolkit);

/// Everything -march=native may depend on: model and feature flags.
std::string machine_identity();

/// Memory that can be had without pushing others out, as far as the system tells.
std::optional<Bytes> available_memory();

/// Mean of the processors' present clocks.
std::optional<double> clock_mhz();

}  // namespace knobscope::device::cpu
