#include "core/problem.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <span>

namespace knobscope {
namespace {

/// Sizes in bytes of every tensor and of the double reference stay exact in a double (2^53) and far from overflow.
constexpr std::int64_t kMaxElements = std::int64_t{1} << 48;

/// The product of positive factors, or nothing when it exceeds `limit`.
std::optional<std::int64_t> product_within(std::span<const std::int64_t> factors, std::int64_t limit) {
  std::int64_t product = 1;
  for (const std::int64_t factor : factors) {
    if (factor > limit / product) return std::nullopt;
    product *= factor;
  }
  return product;
}

std::int64_t product_of(std::span<const std::int64_t> factors) {
  std::int64_t product = 1;
  for (const std::int64_t factor : factors) product *= factor;
  return product;
}

/// What only one family, or only one operation, has a meaning for.
std::optional<std::string> family_fault(const Problem& problem) {
  if (problem.layout != Layout::nchw && family_of(problem.operation) != Family::batchnorm) {
    return std::string(info_of(problem.operation).title) + " has no layout " + std::string(name_of(problem.layout)) +
           ": it knows rows and columns only. Leave the layout out.";
  }
  if (problem.activation != Activation::none && problem.operation != Operation::layernorm_forward) {
    return std::string(info_of(problem.operation).title) + " has no activation: only LayerNorm forward takes " +
           std::string(name_of(problem.activation)) + ". Leave the activation out.";
  }
  if (problem.operation == Operation::batchnorm_training && problem.shape[0] == 1 && problem.shape[2] == 1 &&
      problem.shape[3] == 1) {
    return "BatchNorm training needs more than one value in a channel, for one has no variance: give N * H * W of at "
           "least 2.";
  }
  return std::nullopt;
}

std::string rank_fault(const OperationInfo& info, std::size_t rank) {
  std::string wanted = std::to_string(info.min_rank);
  if (info.max_rank != info.min_rank) wanted += " to " + std::to_string(info.max_rank);
  return std::string(info.title) + " takes a tensor of " + wanted + " dimensions, and this shape has " +
         std::to_string(rank) +
         (info.family == Family::batchnorm ? ": give N, C, H, W, such as 16x64x256x256."
                                           : ": give a shape such as 8192x4096.");
}

std::optional<std::string> distribution_fault(const Problem& problem) {
  if (problem.distribution.kind != DistributionKind::offset) return std::nullopt;
  const double offset = problem.distribution.offset;
  if (!std::isfinite(offset)) return "The distribution's offset is not a finite number: give one such as 1000.";
  // Values near the offset spread a few sigma; past these bounds every element would round to infinity.
  const double limit = problem.type == ElementType::f16 ? 65000.0 : 1e38;
  if (std::abs(offset) > limit) {
    return "The distribution's offset is outside what " + std::string(name_of(problem.type)) +
           " can hold: choose one of at most " + (problem.type == ElementType::f16 ? "65000." : "1e38.");
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> find_fault(const Problem& problem) {
  const OperationInfo& info = info_of(problem.operation);
  const std::size_t rank = problem.shape.size();
  if (rank < static_cast<std::size_t>(info.min_rank) || rank > static_cast<std::size_t>(info.max_rank)) {
    return rank_fault(info, rank);
  }
  for (const std::int64_t dim : problem.shape) {
    if (dim < 1) {
      return "The shape " + format_shape(problem.shape) + " has a dimension of " + std::to_string(dim) +
             ": every dimension must be at least 1.";
    }
  }
  if (!product_within(problem.shape, kMaxElements)) {
    return "The shape " + format_shape(problem.shape) +
           " has more than 2^48 elements, more than any memory holds: choose a smaller one.";
  }
  if (const auto fault = family_fault(problem)) return fault;
  if (family_of(problem.operation) == Family::layernorm &&
      (problem.normalized_dims < 1 || static_cast<std::size_t>(problem.normalized_dims) > rank)) {
    return "LayerNorm is asked to normalize the last " + std::to_string(problem.normalized_dims) +
           " dimensions of a tensor of " + std::to_string(rank) + ": choose 1 to " + std::to_string(rank) + ".";
  }
  if (!std::isfinite(problem.epsilon) || problem.epsilon <= 0.0) {
    return "Epsilon must be a positive number, such as 1e-5: it keeps a constant row from dividing by zero.";
  }
  return distribution_fault(problem);
}

Extents extents_of(const Problem& problem) {
  Extents extents;
  const std::span<const std::int64_t> shape(problem.shape);
  extents.elements = product_of(shape);
  if (family_of(problem.operation) == Family::batchnorm) {
    extents.batch = shape[0];
    extents.channels = shape[1];
    extents.height = shape[2];
    extents.width = shape[3];
    extents.plane = extents.height * extents.width;
    const bool planes = problem.layout == Layout::nchw;
    extents.rows = extents.batch * (planes ? extents.channels : extents.plane);
    extents.columns = planes ? extents.plane : extents.channels;
  } else {
    const auto normalized = static_cast<std::size_t>(problem.normalized_dims);
    extents.rows = product_of(shape.first(shape.size() - normalized));
    extents.columns = product_of(shape.last(normalized));
  }
  return extents;
}

std::int64_t elements_of(const TensorInfo& tensor, const Extents& extents) {
  switch (tensor.extent) {
    case TensorExtent::elements:
      return extents.elements;
    case TensorExtent::columns:
      return extents.columns;
    case TensorExtent::rows:
      return extents.rows;
    case TensorExtent::channels:
      return extents.channels;
  }
  return 0;
}

std::int64_t element_size_of(const TensorInfo& tensor, ElementType type) {
  return size_of(tensor.always_f32 ? ElementType::f32 : type);
}

Bytes compulsory_bytes(const Problem& problem, bool with_optional_outputs) {
  const Extents extents = extents_of(problem);
  Bytes bytes;
  for (const TensorInfo& tensor : info_of(problem.operation).tensors) {
    if (tensor.role == TensorRole::output && !tensor.required && !with_optional_outputs) continue;
    bytes = bytes + Bytes{elements_of(tensor, extents) * element_size_of(tensor, problem.type)};
  }
  return bytes;
}

std::map<std::string, std::int64_t, std::less<>> shape_scalars(const Problem& problem) {
  const Extents extents = extents_of(problem);
  std::map<std::string, std::int64_t, std::less<>> scalars = {
      {"rows", extents.rows},
      {"columns", extents.columns},
      {"elements", extents.elements},
      {"rank", static_cast<std::int64_t>(problem.shape.size())},
      {"element_size", size_of(problem.type)},
  };
  if (family_of(problem.operation) == Family::batchnorm) {
    scalars.emplace("batch", extents.batch);
    scalars.emplace("channels", extents.channels);
    scalars.emplace("height", extents.height);
    scalars.emplace("width", extents.width);
    scalars.emplace("plane", extents.plane);
  }
  for (std::size_t dim = 0; dim < 5; ++dim) {
    scalars.emplace("d" + std::to_string(dim), dim < problem.shape.size() ? problem.shape[dim] : 1);
  }
  return scalars;
}

std::string format_shape(const std::vector<std::int64_t>& shape, std::string_view separator) {
  std::string text;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (i > 0) text += separator;
    text += std::to_string(shape[i]);
  }
  return text;
}

std::optional<std::vector<std::int64_t>> parse_shape(std::string_view text) {
  constexpr std::string_view times = "\xC3\x97";  // '×' in UTF-8
  const auto skip_blanks = [&text] {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  };
  std::vector<std::int64_t> shape;
  while (true) {
    skip_blanks();
    std::int64_t dim = 0;
    // from_chars accepts a minus sign, which the check for a positive number then refuses.
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), dim);
    if (error != std::errc() || dim < 1) return std::nullopt;
    shape.push_back(dim);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    skip_blanks();
    if (text.empty()) return shape;
    if (text.starts_with(times)) {
      text.remove_prefix(times.size());
    } else if (text.front() == 'x' || text.front() == 'X' || text.front() == ',') {
      text.remove_prefix(1);
    } else {
      return std::nullopt;
    }
  }
}

}  // namespace knobscope
