#pragma once
// What the operating system tells of this machine.

#include <optional>
#include <string>

#include "core/units.h"

namespace knobscope::device::host {

/// "AMD EPYC 7B13"; the architecture where the system knows no more; empty when it tells nothing.
std::string processor_name();

/// "Linux 6.1.0"; empty when the system does not tell.
std::string system_name();

Bytes total_memory();

/// All caches of the highest level together: processors far apart have one each. 0 when the system does not tell.
Bytes last_level_cache();

/// Everything -march=native may depend on: model and feature flags.
std::string machine_identity();

/// Memory that can be had without pushing others out, as far as the system tells.
std::optional<Bytes> available_memory();

/// Mean of the processors' present clocks.
std::optional<double> clock_mhz();

}  // namespace knobscope::device::host
