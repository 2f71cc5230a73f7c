#include "cli/awkward_shapes.h"

#include "core/problem.h"

namespace knobscope::cli {

std::vector<std::vector<std::int64_t>> awkward_shapes(Operation operation) {
  switch (operation) {
    case Operation::layernorm_forward:
    case Operation::layernorm_backward:
      return {{1, 1000}, {7, 1}, {3, 7}, {5, 33}, {2, 1023}, {3, 1284}};
    case Operation::batchnorm_training:
      return {{2, 1, 1, 1}, {2, 3, 5, 7}, {1, 5, 1, 33}, {3, 1, 17, 31}, {1, 2, 12, 107}};
    case Operation::batchnorm_inference:
      return {{1, 1, 1, 1}, {2, 3, 5, 7}, {1, 5, 1, 33}, {3, 1, 17, 31}, {1, 2, 12, 107}};
  }
  return {};
}

std::vector<std::int64_t> tall_shape(Operation operation) {
  switch (operation) {
    case Operation::layernorm_forward:
    case Operation::layernorm_backward:
      return {41, 12};
    case Operation::batchnorm_inference:
    case Operation::batchnorm_training:
      return {2, 37, 2, 2};
  }
  return {};
}

std::vector<std::int64_t> long_shape(Operation operation) {
  switch (operation) {
    case Operation::layernorm_forward:
    case Operation::layernorm_backward:
      return {3, 901};
    case Operation::batchnorm_inference:
    case Operation::batchnorm_training:
      return {2, 3, 7, 61};
  }
  return {};
}

std::vector<std::string> awkward_shape_names(Operation operation) {
  std::vector<std::string> names;
  for (const auto& shape : awkward_shapes(operation)) names.push_back(format_shape(shape));
  return names;
}

}  // namespace knobscope::cli
