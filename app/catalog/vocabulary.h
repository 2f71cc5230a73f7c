#pragma once
// The names a kernel file may use, by operation.

#include <string>
#include <vector>

#include "core/operation.h"

namespace knobscope::catalog {

/// Names of all operations: the folders under kernels/.
std::vector<std::string> operation_names();

/// Integers that follow from the shape: the keys of shape_scalars().
std::vector<std::string> shape_names(Operation operation);

/// Integers of the device: the keys of device_scalars().
std::vector<std::string> device_names();

std::vector<std::string> tensor_names(Operation operation);

/// Everything an expression may name besides knobs: shape, device and `epsilon`.
std::vector<std::string> scalar_names(Operation operation);

}  // namespace knobscope::catalog
