#pragma once
// A problem: an operation on a tensor of one shape and type, filled from one distribution.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/activation.h"
#include "core/distribution.h"
#include "core/element_type.h"
#include "core/layout.h"
#include "core/operation.h"
#include "core/units.h"

namespace knobscope {

struct Problem {
  Operation operation = Operation::layernorm_forward;
  std::vector<std::int64_t> shape = {8192, 4096};  ///< LayerNorm: rank 2 to 5; BatchNorm: N, C, H, W
  int normalized_dims = 1;                         ///< LayerNorm: how many last dims make a row
  ElementType type = ElementType::f32;
  Distribution distribution;
  std::uint64_t seed = 1;
  double epsilon = 1e-5;
  Layout layout = Layout::nchw;              ///< BatchNorm; nchw for LayerNorm
  Activation activation = Activation::none;  ///< LayerNorm forward; none for the others

  bool operator==(const Problem&) const = default;
};

/// The numbers that follow from a shape.
/// LayerNorm: rows = product of the leading dims, columns = product of the normalized dims.
/// BatchNorm: batch N, channels C, plane = H*W; so that maps and plots have two axes, rows = N*C and columns = plane in
/// the layout nchw, rows = N*H*W and columns = C in nhwc.
struct Extents {
  std::int64_t elements = 0;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t batch = 0;
  std::int64_t channels = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::int64_t plane = 0;
};

/// Why a problem cannot be run, in one sentence that says what to do; nothing if it can.
std::optional<std::string> find_fault(const Problem& problem);

/// Precondition: !find_fault(problem).
Extents extents_of(const Problem& problem);

/// Elements of `tensor` for these extents.
std::int64_t elements_of(const TensorInfo& tensor, const Extents& extents);

/// Bytes of one element of `tensor` (statistics are f32 whatever the problem's type).
std::int64_t element_size_of(const TensorInfo& tensor, ElementType type);

/// Each input read once and each required output written once: no kernel can move less.
/// `with_optional_outputs` counts the statistics a variant also returns.
Bytes compulsory_bytes(const Problem& problem, bool with_optional_outputs);

/// The integers a launch expression or a kernel argument may name for this problem
/// (rows, columns, elements, batch, channels, height, width, plane, rank, d0 … d4, element_size).
std::map<std::string, std::int64_t, std::less<>> shape_scalars(const Problem& problem);

/// "16×64×256×256", and the same with 'x' for files and flags.
std::string format_shape(const std::vector<std::int64_t>& shape, std::string_view separator = "x");

/// Parses "16x64x256x256" (also with ',' or '×'). Nothing when it is not positive integers.
std::optional<std::vector<std::int64_t>> parse_shape(std::string_view text);

}  // namespace knobscope
