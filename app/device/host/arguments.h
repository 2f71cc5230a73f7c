#pragma once
// The check of a launch against the signature of the kernel file's function.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "device/device.h"
#include "device/host/entry_bridge.h"

namespace knobscope::device::host {

/// What bridge::Entry::run takes, one of each for each parameter.
struct BoundArguments {
  std::vector<bridge::Slot> slots;
  std::unique_ptr<bool[]> is_block_index;
};

/// Checks every argument of the launch against its parameter. `blocks` is the number of its blocks, `name` the
/// kernel's, for messages. Throws ArgumentError that names the kernel and the argument.
BoundArguments bind_arguments(const std::string& name, const bridge::Entry& entry, const Launch& launch,
                              std::int64_t blocks);

/// Which of CompileRequest::entries is launched. Throws DeviceError when it was not compiled.
const std::string& entry_name(const std::vector<std::string>& entries, const Launch& launch);

/// Blocks of the grid. Throws DeviceError when an extent is below 1 or the number fits no 64 bits.
std::int64_t block_count(const Launch& launch, const std::string& name);

}  // namespace knobscope::device::host
