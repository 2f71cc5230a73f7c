#include "core/operation.h"

namespace knobscope {
namespace {

constexpr auto input = TensorRole::input;
constexpr auto output = TensorRole::output;

constexpr std::array kLayerNormTensors = {
    TensorInfo{.name = "x", .role = input, .extent = TensorExtent::elements, .meaning = "the tensor to normalize"},
    TensorInfo{.name = "gamma", .role = input, .extent = TensorExtent::columns, .meaning = "scale, one per column"},
    TensorInfo{.name = "beta", .role = input, .extent = TensorExtent::columns, .meaning = "shift, one per column"},
    TensorInfo{.name = "y",
               .role = output,
               .extent = TensorExtent::elements,
               .required = true,
               .meaning = "the normalized tensor"},
    TensorInfo{.name = "mean",
               .role = output,
               .extent = TensorExtent::rows,
               .always_f32 = true,
               .meaning = "mean of each row"},
    TensorInfo{.name = "rstd",
               .role = output,
               .extent = TensorExtent::rows,
               .always_f32 = true,
               .meaning = "1 / sqrt(variance + epsilon) of each row"},
};

constexpr std::array kBatchNormTensors = {
    TensorInfo{.name = "x", .role = input, .extent = TensorExtent::elements, .meaning = "the tensor to normalize"},
    TensorInfo{.name = "gamma", .role = input, .extent = TensorExtent::channels, .meaning = "scale, one per channel"},
    TensorInfo{.name = "beta", .role = input, .extent = TensorExtent::channels, .meaning = "shift, one per channel"},
    TensorInfo{.name = "running_mean",
               .role = input,
               .extent = TensorExtent::channels,
               .always_f32 = true,
               .meaning = "mean of each channel, known beforehand"},
    TensorInfo{.name = "running_var",
               .role = input,
               .extent = TensorExtent::channels,
               .always_f32 = true,
               .meaning = "variance of each channel, known beforehand"},
    TensorInfo{.name = "y",
               .role = output,
               .extent = TensorExtent::elements,
               .required = true,
               .meaning = "the normalized tensor"},
};

constexpr OperationInfo kLayerNorm = {
    .operation = Operation::layernorm_forward,
    .name = "layernorm_forward",
    .title = "LayerNorm forward",
    .idea = "y = (x - mean(row)) / sqrt(variance(row) + epsilon) * gamma + beta",
    .tensors = kLayerNormTensors,
    .min_rank = 2,
    .max_rank = 5,
};

constexpr OperationInfo kBatchNorm = {
    .operation = Operation::batchnorm_inference,
    .name = "batchnorm_inference",
    .title = "BatchNorm inference",
    .idea = "y = (x - running_mean[c]) / sqrt(running_var[c] + epsilon) * gamma[c] + beta[c]",
    .tensors = kBatchNormTensors,
    .min_rank = 4,
    .max_rank = 4,
};

}  // namespace

const OperationInfo& info_of(Operation operation) {
  switch (operation) {
    case Operation::layernorm_forward:
      return kLayerNorm;
    case Operation::batchnorm_inference:
      return kBatchNorm;
  }
  return kLayerNorm;
}

std::string_view name_of(Operation operation) { return info_of(operation).name; }

std::optional<Operation> operation_named(std::string_view name) {
  for (const Operation operation : kOperations) {
    if (name_of(operation) == name) return operation;
  }
  return std::nullopt;
}

}  // namespace knobscope
