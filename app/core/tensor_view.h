#pragma once
// A tensor of any rank looked at as rows and columns: the whole of it as it lies in memory, or a slice that two of its
// dimensions span.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/problem.h"

namespace knobscope {

/// One dimension of a tensor; strides are in elements.
struct TensorDim {
  std::string name;  ///< "d0" … "d4" of LayerNorm's shape; "N", "C", "H", "W" of BatchNorm's
  std::int64_t extent = 1;
  std::int64_t stride = 1;
};

/// Of an output, in the order of the problem's shape: only those it has (dgamma has the normalized ones).
/// Precondition: !find_fault(problem).
std::vector<TensorDim> dims_of(const Problem& problem, const TensorInfo& output);

/// Index along each dimension of the element at a flat index.
std::vector<std::int64_t> place_of(const std::vector<TensorDim>& dims, std::int64_t index);

/// Two dimensions that are looked at; the others stand still.
struct Slice {
  int row_dim = 0;  ///< place in dims_of(), as column_dim
  int column_dim = 1;
  std::vector<std::int64_t> at;  ///< index along each dimension; those of the two do not matter
  bool operator==(const Slice&) const = default;
};

/// Element (row, column) lies at first + row * row_stride + column * column_stride.
struct TensorView {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t first = 0;
  std::int64_t row_stride = 0;
  std::int64_t column_stride = 1;

  std::int64_t index(std::int64_t row, std::int64_t column) const {
    return first + row * row_stride + column * column_stride;
  }
  bool operator==(const TensorView&) const = default;
};

/// Without a slice: rows × columns of Extents for an output as large as x, one row for a vector. A slice that the
/// output does not have is one sentence that says what to write. Precondition: !find_fault(problem).
std::variant<TensorView, std::string> view_of(const Problem& problem, const TensorInfo& output,
                                              const std::optional<Slice>& slice);

/// Row and column of a flat index in a view of a tensor of `elements`; nothing when the view does not show it.
std::optional<std::pair<std::int64_t, std::int64_t>> find_in(const TensorView& view, std::int64_t index);

/// The operation's outputs, the main one first.
std::vector<const TensorInfo*> outputs_of(Operation operation);

}  // namespace knobscope
