#include "core/tensor_view.h"

#include <utility>

namespace knobscope {
namespace {

std::vector<TensorDim> batchnorm_dims(const Problem& problem) {
  const Extents extents = extents_of(problem);
  const std::int64_t channels = extents.channels;
  const std::int64_t width = extents.width;
  const std::int64_t plane = extents.plane;
  const bool last = problem.layout == Layout::nhwc;
  return {{"N", extents.batch, channels * plane},
          {"C", channels, last ? 1 : plane},
          {"H", extents.height, last ? width * channels : width},
          {"W", width, last ? channels : 1}};
}

/// The dims of a shape from `begin` to `end`, the last one fastest.
std::vector<TensorDim> dense_dims(const std::vector<std::int64_t>& shape, std::size_t begin, std::size_t end) {
  std::vector<TensorDim> dims;
  for (std::size_t dim = begin; dim < end; ++dim) dims.push_back({"d" + std::to_string(dim), shape[dim], 1});
  for (std::size_t dim = dims.size(); dim > 1; --dim)
    dims[dim - 2].stride = dims[dim - 1].stride * dims[dim - 1].extent;
  return dims;
}

std::optional<std::string> find_fault(const Slice& slice, const std::vector<TensorDim>& dims,
                                      const std::string& output) {
  const int rank = static_cast<int>(dims.size());
  if (rank < 2) return output + " has one dimension and no slices; look at all of it";
  if (slice.at.size() != dims.size()) {
    return "a slice of " + output + " needs " + std::to_string(rank) + " indices, one for each dimension";
  }
  const auto has = [rank](int dim) { return dim >= 0 && dim < rank; };
  if (!has(slice.row_dim) || !has(slice.column_dim) || slice.row_dim == slice.column_dim) {
    return "a slice of " + output + " is spanned by two different dimensions out of its " + std::to_string(rank);
  }
  for (int dim = 0; dim < rank; ++dim) {
    if (dim == slice.row_dim || dim == slice.column_dim) continue;
    const TensorDim& info = dims[static_cast<std::size_t>(dim)];
    const std::int64_t at = slice.at[static_cast<std::size_t>(dim)];
    if (at < 0 || at >= info.extent) {
      return "there is no index " + std::to_string(at) + " along " + info.name + " of " + output +
             "; choose one from 0 to " + std::to_string(info.extent - 1);
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<TensorDim> dims_of(const Problem& problem, const TensorInfo& output) {
  const std::size_t rank = problem.shape.size();
  const std::size_t leading = rank - static_cast<std::size_t>(problem.normalized_dims);
  switch (output.extent) {
    case TensorExtent::rows:
      return dense_dims(problem.shape, 0, leading);
    case TensorExtent::columns:
      return dense_dims(problem.shape, leading, rank);
    case TensorExtent::channels:
      return {{"C", extents_of(problem).channels, 1}};
    case TensorExtent::elements:
      break;
  }
  return family_of(problem.operation) == Family::batchnorm ? batchnorm_dims(problem)
                                                           : dense_dims(problem.shape, 0, rank);
}

std::vector<std::int64_t> place_of(const std::vector<TensorDim>& dims, std::int64_t index) {
  std::vector<std::int64_t> place;
  for (const TensorDim& dim : dims) place.push_back(index / dim.stride % dim.extent);
  return place;
}

std::variant<TensorView, std::string> view_of(const Problem& problem, const TensorInfo& output,
                                              const std::optional<Slice>& slice) {
  if (!slice) {
    const Extents extents = extents_of(problem);
    if (output.extent == TensorExtent::elements) {
      return TensorView{extents.rows, extents.columns, 0, extents.columns, 1};
    }
    const std::int64_t elements = elements_of(output, extents);
    return TensorView{1, elements, 0, elements, 1};
  }
  const std::vector<TensorDim> dims = dims_of(problem, output);
  if (auto fault = find_fault(*slice, dims, std::string(output.name))) return *fault;
  const TensorDim& down = dims[static_cast<std::size_t>(slice->row_dim)];
  const TensorDim& across = dims[static_cast<std::size_t>(slice->column_dim)];
  TensorView view{down.extent, across.extent, 0, down.stride, across.stride};
  for (int dim = 0; dim < static_cast<int>(dims.size()); ++dim) {
    if (dim == slice->row_dim || dim == slice->column_dim) continue;
    view.first += slice->at[static_cast<std::size_t>(dim)] * dims[static_cast<std::size_t>(dim)].stride;
  }
  return view;
}

std::optional<std::pair<std::int64_t, std::int64_t>> find_in(const TensorView& view, std::int64_t index) {
  // The larger stride is a multiple of the smaller one times its extent, so dividing by it first settles both.
  const std::int64_t from = index - view.first;
  const bool rows_first = view.row_stride >= view.column_stride;
  const std::int64_t large = rows_first ? view.row_stride : view.column_stride;
  const std::int64_t small = rows_first ? view.column_stride : view.row_stride;
  if (from < 0 || large <= 0 || small <= 0) return std::nullopt;
  const std::int64_t most = from / large;
  const std::int64_t rest = from % large;
  if (rest % small != 0) return std::nullopt;
  const std::int64_t row = rows_first ? most : rest / small;
  const std::int64_t column = rows_first ? rest / small : most;
  if (row >= view.rows || column >= view.columns) return std::nullopt;
  return std::pair{row, column};
}

std::vector<const TensorInfo*> outputs_of(Operation operation) {
  std::vector<const TensorInfo*> outputs;
  for (const TensorInfo& tensor : info_of(operation).tensors) {
    if (tensor.role == TensorRole::output) outputs.push_back(&tensor);
  }
  return outputs;
}

}  // namespace knobscope
