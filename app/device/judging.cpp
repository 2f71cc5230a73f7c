#include "device/judging.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace knobscope::device {
namespace {

using numerics::ActivationFunction;
using numerics::Element;
using numerics::Fill;
using numerics::Formula;

static_assert(static_cast<int>(Element::f32) == static_cast<int>(ElementType::f32));
static_assert(static_cast<int>(Element::f16) == static_cast<int>(ElementType::f16));
static_assert(static_cast<int>(Element::bf16) == static_cast<int>(ElementType::bf16));
static_assert(static_cast<int>(ActivationFunction::none) == static_cast<int>(Activation::none));
static_assert(static_cast<int>(ActivationFunction::relu) == static_cast<int>(Activation::relu));
static_assert(static_cast<int>(ActivationFunction::gelu) == static_cast<int>(Activation::gelu));
static_assert(static_cast<int>(Fill::uniform) == static_cast<int>(DistributionKind::uniform));
static_assert(static_cast<int>(Fill::normal) == static_cast<int>(DistributionKind::normal));
static_assert(static_cast<int>(Fill::offset) == static_cast<int>(DistributionKind::offset));
static_assert(static_cast<int>(Fill::constant_rows) == static_cast<int>(DistributionKind::constant_rows));
static_assert(static_cast<int>(Fill::outlier) == static_cast<int>(DistributionKind::outlier));
static_assert(static_cast<int>(Fill::nonfinite) == static_cast<int>(DistributionKind::nonfinite));

const TensorInfo* tensor_named(const Problem& problem, std::string_view name) {
  for (const TensorInfo& tensor : info_of(problem.operation).tensors) {
    if (tensor.name == name) return &tensor;
  }
  return nullptr;
}

void require_size(const Problem& problem, const TensorInfo& tensor, const Buffer& buffer) {
  const std::int64_t expected = elements_of(tensor, extents_of(problem)) * element_size_of(tensor, problem.type);
  if (buffer.size() == expected) return;
  throw DeviceError(fmt::format("the buffer of {} has {} bytes, but {} of shape {} needs {}", tensor.name,
                                buffer.size(), tensor.name, format_shape(problem.shape), expected));
}

/// Rounding errors of a sum in f32 are multiples of 2^-24 of the terms' size. Each of n additions may add one, but they
/// have both signs, and a sum in any sensible order stays within a few (Higham, Accuracy and Stability of Numerical
/// Algorithms, 2nd edition, chapter 4).
constexpr double kSumTolerance = 4.0 / 16777216.0;

numerics::StoredVector bound_input(const Problem& problem, const NamedBuffers& inputs, std::string_view name) {
  const TensorInfo* tensor = tensor_named(problem, name);
  const auto found = inputs.find(name);
  if (tensor == nullptr || found == inputs.end() || found->second == nullptr) {
    throw DeviceError(
        fmt::format("the reference of {} needs the input {}, which was not given", name_of(problem.operation), name));
  }
  require_size(problem, *tensor, *found->second);
  return {found->second->data(), stored_type(*tensor, problem.type)};
}

Formula formula_of(Operation operation, std::string_view output) {
  if (output == "y") return Formula::normalized;
  if (output == "mean") return Formula::mean;
  if (output == "rstd") return Formula::rstd;
  if (output == "next_running_mean") return Formula::running_mean;
  if (output == "next_running_var") return Formula::running_variance;
  if (output == "dx") return Formula::input_gradient;
  if (output == "dgamma") return Formula::scale_gradient;
  if (output == "dbeta") return Formula::shift_gradient;
  throw DeviceError(fmt::format("{} has no reference for the output {}", name_of(operation), output));
}

numerics::Grouping grouping_of(const Problem& problem) {
  if (family_of(problem.operation) == Family::layernorm) return numerics::Grouping::rows;
  return problem.layout == Layout::nchw ? numerics::Grouping::channels_first : numerics::Grouping::channels_last;
}

/// Extents and numbers, no tensor yet.
numerics::ReferenceInputs empty_inputs(const Problem& problem) {
  const Extents extents = extents_of(problem);
  numerics::ReferenceInputs result;
  result.grouping = grouping_of(problem);
  result.activation = static_cast<ActivationFunction>(problem.activation);
  result.rows = extents.rows;
  result.columns = extents.columns;
  result.channels = std::max<std::int64_t>(extents.channels, 1);
  result.epsilon = problem.epsilon;
  result.momentum = kMomentum;
  return result;
}

}  // namespace

Element stored_type(const TensorInfo& tensor, ElementType type) {
  return tensor.always_f32 ? Element::f32 : static_cast<Element>(type);
}

numerics::FillTask fill_task(const Problem& problem, const TensorInfo& tensor) {
  const Extents extents = extents_of(problem);
  numerics::FillTask task;
  task.elements = elements_of(tensor, extents);
  task.seed = problem.seed;
  task.type = stored_type(tensor, problem.type);
  if (tensor.name == "x") {
    task.stream = 0;
    task.rows = extents.rows;
    task.columns = extents.columns;
    task.fill = static_cast<Fill>(problem.distribution.kind);
    task.offset = problem.distribution.offset;
    return task;
  }
  if (tensor.name == "dy") {
    task.stream = 5;  // a loss has smooth gradients whatever the input looks like
    task.fill = Fill::normal;
    return task;
  }
  task.columns = task.elements;
  if (tensor.name == "gamma") {
    task.stream = 1;
    task.fill = Fill::affine_normal;
    task.offset = 1.0;
    task.scale = 0.1;
  } else if (tensor.name == "beta") {
    task.stream = 2;
    task.fill = Fill::affine_normal;
    task.scale = 0.1;
  } else if (tensor.name == "running_mean") {
    task.stream = 3;  // near the mean of x, as it would be after training
    task.fill = Fill::affine_normal;
    task.offset = problem.distribution.kind == DistributionKind::offset ? problem.distribution.offset : 0.0;
    task.scale = 0.1;
  } else if (tensor.name == "running_var") {
    task.stream = 4;
    task.fill = Fill::affine_uniform;
    task.offset = 0.5;
  } else {
    throw DeviceError(fmt::format("no recipe to fill the input {} of {}", tensor.name, name_of(problem.operation)));
  }
  return task;
}

bool needs_statistics(Operation operation) {
  return operation == Operation::layernorm_forward || operation == Operation::batchnorm_training;
}

bool needs_gradients(Operation operation) { return operation == Operation::layernorm_backward; }

Formula derived_formula(const TensorInfo& tensor) { return tensor.name == "rstd" ? Formula::rstd : Formula::mean; }

numerics::ReferenceInputs derivation_inputs(const Problem& problem, const NamedBuffers& inputs) {
  numerics::ReferenceInputs result = empty_inputs(problem);
  result.x = bound_input(problem, inputs, "x");
  return result;
}

numerics::ReferenceInputs reference_inputs(const Problem& problem, const NamedBuffers& inputs) {
  numerics::ReferenceInputs result = empty_inputs(problem);
  const std::pair<std::string_view, numerics::StoredVector*> vectors[] = {
      {"x", &result.x},
      {"dy", &result.dy},
      {"gamma", &result.gamma},
      {"beta", &result.beta},
      {"mean", &result.mean},
      {"rstd", &result.rstd},
      {"running_mean", &result.running_mean},
      {"running_var", &result.running_var},
  };
  for (const auto& [name, vector] : vectors) {
    const TensorInfo* tensor = tensor_named(problem, name);
    if (tensor != nullptr && tensor->role == TensorRole::input) *vector = bound_input(problem, inputs, name);
  }
  return result;
}

numerics::CompareTask compare_task(const Problem& problem, const numerics::ReferenceInputs& inputs,
                                   const TensorInfo& output, const Buffer& actual, MapSize map) {
  require_size(problem, output, actual);
  numerics::CompareTask task;
  task.inputs = inputs;
  task.formula = formula_of(problem.operation, output.name);
  task.actual = actual.data();
  task.type = stored_type(output, problem.type);
  task.elements = elements_of(output, extents_of(problem));
  const Tolerance tolerance = tolerance_of(static_cast<ElementType>(task.type));
  task.relative_tolerance = tolerance.relative;
  task.absolute_tolerance = tolerance.absolute;
  task.size_tolerance = kSumTolerance;
  const bool whole = output.extent == TensorExtent::elements;
  task.map_rows = whole ? inputs.rows : task.elements;
  task.map_columns = whole ? inputs.columns : 1;
  if (map.rows > 0 && map.columns > 0) {
    task.tile_rows = static_cast<int>(std::min<std::int64_t>(map.rows, task.map_rows));
    task.tile_columns = static_cast<int>(std::min<std::int64_t>(map.columns, task.map_columns));
  }
  return task;
}

Comparison comparison_of(const numerics::CompareTask& task, const TensorInfo& output,
                         const numerics::ErrorTotals& totals, const std::vector<numerics::u32>& tiles) {
  Comparison result;
  OutputError& error = result.error;
  error.output = output.name;
  error.elements = task.elements;
  error.max_abs = totals.max_abs;
  error.max_rel = totals.max_rel;
  error.max_ulp = totals.max_ulp;
  error.nonfinite = totals.nonfinite;
  error.unwritten = totals.unwritten;
  error.failing = totals.failing;
  double reference_rms = 0.0;
  if (totals.compared > 0) {
    const auto count = static_cast<double>(totals.compared);
    error.rms = std::sqrt(totals.sum_squared_error / count);
    reference_rms = std::sqrt(totals.sum_squared_reference / count);
    // An error against a reference of only zeros has no relative size: infinite, not unnoticed.
    if (totals.sum_squared_error > 0.0) {
      error.relative_l2 = totals.sum_squared_reference > 0.0
                              ? std::sqrt(totals.sum_squared_error / totals.sum_squared_reference)
                              : std::numeric_limits<double>::infinity();
    }
  }
  if (totals.first_bad != numerics::kNoBadElement) {
    error.first_bad = totals.first_bad;
    error.first_bad_value = totals.first_bad_value;
    error.first_bad_reference = totals.first_bad_reference;
  }
  if (!tiles.empty()) {
    auto map = std::make_shared<ErrorMap>();
    map->rows = task.map_rows;
    map->columns = task.map_columns;
    map->tile_rows = task.tile_rows;
    map->tile_columns = task.tile_columns;
    map->tolerance = task.absolute_tolerance + task.relative_tolerance * reference_rms;
    map->max_abs.reserve(tiles.size());
    for (const numerics::u32 bits : tiles) map->max_abs.push_back(std::bit_cast<float>(bits));
    result.map = std::move(map);
  }
  return result;
}

}  // namespace knobscope::device
