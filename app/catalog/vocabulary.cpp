#include "catalog/vocabulary.h"

#include "core/device_facts.h"
#include "core/problem.h"

namespace knobscope::catalog {
namespace {

template <typename Map>
std::vector<std::string> keys_of(const Map& map) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : map) keys.push_back(key);
  return keys;
}

}  // namespace

std::vector<std::string> operation_names() {
  std::vector<std::string> names;
  for (const Operation operation : kOperations) names.emplace_back(name_of(operation));
  return names;
}

std::vector<std::string> shape_names(Operation operation) {
  // The names are those of any valid problem, so that there is no second list to keep in step.
  Problem problem;
  problem.operation = operation;
  problem.shape.assign(static_cast<std::size_t>(info_of(operation).min_rank), 2);
  return keys_of(shape_scalars(problem));
}

std::vector<std::string> device_names() { return keys_of(device_scalars(DeviceFacts{})); }

std::vector<std::string> tensor_names(Operation operation) {
  std::vector<std::string> names;
  for (const TensorInfo& tensor : info_of(operation).tensors) names.emplace_back(tensor.name);
  return names;
}

std::vector<std::string> scalar_names(Operation operation) {
  std::vector<std::string> names = shape_names(operation);
  for (std::string& name : device_names()) names.push_back(std::move(name));
  names.emplace_back("epsilon");
  if (operation == Operation::batchnorm_training) names.emplace_back("momentum");
  return names;
}

}  // namespace knobscope::catalog
