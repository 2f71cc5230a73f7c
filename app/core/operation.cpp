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

constexpr std::array kLayerNormBackwardTensors = {
    TensorInfo{.name = "x", .role = input, .extent = TensorExtent::elements, .meaning = "what was normalized"},
    TensorInfo{.name = "dy",
               .role = input,
               .extent = TensorExtent::elements,
               .meaning = "gradient with respect to the normalized tensor"},
    TensorInfo{.name = "gamma", .role = input, .extent = TensorExtent::columns, .meaning = "scale, one per column"},
    TensorInfo{.name = "mean",
               .role = input,
               .extent = TensorExtent::rows,
               .always_f32 = true,
               .derived = true,
               .meaning = "mean of each row, kept from the forward pass"},
    TensorInfo{.name = "rstd",
               .role = input,
               .extent = TensorExtent::rows,
               .always_f32 = true,
               .derived = true,
               .meaning = "1 / sqrt(variance + epsilon) of each row, kept from the forward pass"},
    TensorInfo{.name = "dx",
               .role = output,
               .extent = TensorExtent::elements,
               .required = true,
               .meaning = "gradient with respect to x"},
    TensorInfo{.name = "dgamma",
               .role = output,
               .extent = TensorExtent::columns,
               .required = true,
               .meaning = "gradient with respect to gamma"},
    TensorInfo{.name = "dbeta",
               .role = output,
               .extent = TensorExtent::columns,
               .required = true,
               .meaning = "gradient with respect to beta"},
};

constexpr std::array kBatchNormTrainingTensors = {
    TensorInfo{.name = "x", .role = input, .extent = TensorExtent::elements, .meaning = "the tensor to normalize"},
    TensorInfo{.name = "gamma", .role = input, .extent = TensorExtent::channels, .meaning = "scale, one per channel"},
    TensorInfo{.name = "beta", .role = input, .extent = TensorExtent::channels, .meaning = "shift, one per channel"},
    TensorInfo{.name = "running_mean",
               .role = input,
               .extent = TensorExtent::channels,
               .always_f32 = true,
               .meaning = "running mean of each channel, before this step"},
    TensorInfo{.name = "running_var",
               .role = input,
               .extent = TensorExtent::channels,
               .always_f32 = true,
               .meaning = "running variance of each channel, before this step"},
    TensorInfo{.name = "y",
               .role = output,
               .extent = TensorExtent::elements,
               .required = true,
               .meaning = "the normalized tensor"},
    TensorInfo{.name = "mean",
               .role = output,
               .extent = TensorExtent::channels,
               .always_f32 = true,
               .meaning = "mean of each channel in this batch"},
    TensorInfo{.name = "rstd",
               .role = output,
               .extent = TensorExtent::channels,
               .always_f32 = true,
               .meaning = "1 / sqrt(variance + epsilon) of each channel in this batch"},
    // Not written over the old ones: a step that is run a hundred times must start from the same numbers each time.
    TensorInfo{.name = "next_running_mean",
               .role = output,
               .extent = TensorExtent::channels,
               .always_f32 = true,
               .meaning = "(1 - momentum) * running_mean + momentum * mean"},
    TensorInfo{.name = "next_running_var",
               .role = output,
               .extent = TensorExtent::channels,
               .always_f32 = true,
               .meaning = "the same of the variance, the batch's unbiased one"},
};

constexpr OperationInfo kLayerNorm = {
    .operation = Operation::layernorm_forward,
    .name = "layernorm_forward",
    .title = "LayerNorm forward",
    .idea = "y = (x - mean(row)) / sqrt(variance(row) + epsilon) * gamma + beta",
    .family = Family::layernorm,
    .tensors = kLayerNormTensors,
    .min_rank = 2,
    .max_rank = 5,
};

constexpr OperationInfo kBatchNorm = {
    .operation = Operation::batchnorm_inference,
    .name = "batchnorm_inference",
    .title = "BatchNorm inference",
    .idea = "y = (x - running_mean[c]) / sqrt(running_var[c] + epsilon) * gamma[c] + beta[c]",
    .family = Family::batchnorm,
    .tensors = kBatchNormTensors,
    .min_rank = 4,
    .max_rank = 4,
};

constexpr OperationInfo kLayerNormBackward = {
    .operation = Operation::layernorm_backward,
    .name = "layernorm_backward",
    .title = "LayerNorm backward",
    .idea =
        "dx = rstd * (dy * gamma - mean(dy * gamma) - xhat * mean(dy * gamma * xhat)); dgamma and dbeta sum dy * "
        "xhat and dy over the rows",
    .family = Family::layernorm,
    .tensors = kLayerNormBackwardTensors,
    .min_rank = 2,
    .max_rank = 5,
};

constexpr OperationInfo kBatchNormTraining = {
    .operation = Operation::batchnorm_training,
    .name = "batchnorm_training",
    .title = "BatchNorm training",
    .idea =
        "y = (x - mean(channel)) / sqrt(variance(channel) + epsilon) * gamma[c] + beta[c], and the running "
        "statistics move towards the batch's",
    .family = Family::batchnorm,
    .tensors = kBatchNormTrainingTensors,
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
    case Operation::layernorm_backward:
      return kLayerNormBackward;
    case Operation::batchnorm_training:
      return kBatchNormTraining;
  }
  return kLayerNorm;
}

std::string_view name_of(Operation operation) { return info_of(operation).name; }

Family family_of(Operation operation) { return info_of(operation).family; }

std::optional<Operation> operation_named(std::string_view name) {
  for (const Operation operation : kOperations) {
    if (name_of(operation) == name) return operation;
  }
  return std::nullopt;
}

}  // namespace knobscope
