#pragma once
// Where and when a point was measured.

#include <string>

#include "core/point.h"
#include "device/device.h"

namespace knobscope::measure {

/// Versions, host and time; clocks stay empty until the timing has read them.
Environment describe_environment(const DeviceFacts& facts, const std::string& program_version);

/// Fills in what a point is measured among.
void add_surroundings(Environment& environment, const device::Surroundings& found);

/// Fills in what the device told while it was timed.
void add_clocks(Environment& environment, const device::Telemetry& seen);

/// Now, UTC, ISO 8601 with milliseconds: "2026-03-01T12:34:56.789Z".
std::string utc_now();

}  // namespace knobscope::measure
