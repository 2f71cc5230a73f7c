#pragma once
// Binding arguments by the width and, where the kernel's name tells, the type of its parameters. Pure: no GPU needed.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "device/device.h"

namespace knobscope::device::cuda {

/// `unknown` for structs, and for every parameter of an extern "C" kernel, whose name does not carry types.
enum class ParameterType : std::uint8_t { unknown, pointer, integer, real };

struct Parameter {
  std::size_t size = 0;  ///< bytes
  ParameterType type = ParameterType::unknown;
};

/// Types from a mangled name ("_Z5scalePffi" is pointer, real, integer); empty when the name carries none.
std::vector<ParameterType> parameter_types(std::string_view mangled_name);

/// The bytes to pass, in the low end (little endian). `position` counts from 0. Throws DeviceError that names the
/// argument when it cannot be passed unchanged: an integer too large for 32 bits, a number for a pointer, …
std::uint64_t bind_argument(const Argument& argument, const Parameter& parameter, std::string_view kernel,
                            std::size_t position);

/// All of a launch's, in order. Throws DeviceError when their number is not the kernel's.
std::vector<std::uint64_t> bind_arguments(const std::vector<Argument>& arguments,
                                          const std::vector<Parameter>& parameters, std::string_view kernel);

}  // namespace knobscope::device::cuda
