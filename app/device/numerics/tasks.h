#pragma once
// What the host tells a device to do, as plain structs that are passed to kernels by value. Pointers are the device's.

#include "element.h"

namespace knobscope::device::numerics {

/// Values of one input tensor (see generator.h). The numbers of the first six are those of DistributionKind.
enum class Fill : int {
  uniform = 0,
  normal = 1,
  offset = 2,          ///< offset + normal
  constant_rows = 3,   ///< a multiple of 1/8 within [-4, 4] for each row
  outlier = 4,         ///< normal, one element of each row 1e4
  nonfinite = 5,       ///< normal, one row with one Inf and, where it has two elements, one NaN
  affine_normal = 6,   ///< offset + scale * normal
  affine_uniform = 7,  ///< offset + scale * uniform
};

struct FillTask {
  void* data = nullptr;
  i64 elements = 0;
  i64 rows = 1;  ///< rows * columns == elements for the fills that know rows
  i64 columns = 1;
  u64 seed = 0;
  u32 stream = 0;  ///< one number for each tensor, so that tensors are independent
  Fill fill = Fill::normal;
  Element type = Element::f32;
  double offset = 0.0;
  double scale = 1.0;
};

/// Which formula gives the expected value.
enum class Formula : int {
  normalized = 0,        ///< elements: x by its group's statistics, gamma and beta; then the activation
  mean = 1,              ///< groups
  rstd = 2,              ///< groups
  running_mean = 3,      ///< groups: the running mean after a training step
  running_variance = 4,  ///< groups: the running variance after it
  input_gradient = 5,    ///< elements: dx of LayerNorm
  scale_gradient = 6,    ///< columns: dgamma
  shift_gradient = 7,    ///< columns: dbeta
};

/// Same numbers as knobscope::Activation.
enum class ActivationFunction : int { none = 0, relu = 1, gelu = 2 };

/// What is normalized together. The members of a group are numbered from 0 (see member_index).
enum class Grouping : int {
  rows = 0,            ///< group = index / columns
  channels_first = 1,  ///< group = index / columns % channels
  channels_last = 2,   ///< group = index % channels
};

/// Of a group: its mean, its population variance, and 1 / sqrt(variance + epsilon).
struct GroupStatistics {
  double mean = 0.0;
  double rstd = 0.0;
  double variance = 0.0;
};

/// Of a row of a LayerNorm backward pass, with w = dy * gamma: what its dx have in common, and the same of absolute
/// values, which tells by how much rounding may move it.
struct RowGradient {
  double mean_w = 0.0;
  double mean_w_xhat = 0.0;
  double size_w = 0.0;
  double size_w_xhat = 0.0;
};

/// Of a column: its two sums over the rows, and the sums of absolute values.
struct ColumnGradient {
  double scale = 0.0;
  double shift = 0.0;
  double scale_size = 0.0;
  double shift_size = 0.0;
};

struct StoredVector {
  const void* data = nullptr;
  Element type = Element::f32;
};

/// The inputs as stored (null where the operation has none of this name), and what the reference adds to them.
struct ReferenceInputs {
  StoredVector x;
  StoredVector dy;
  StoredVector gamma;
  StoredVector beta;
  StoredVector mean;
  StoredVector rstd;
  StoredVector running_mean;
  StoredVector running_var;
  const GroupStatistics* statistics = nullptr;       ///< one for each group, where they come from x
  const RowGradient* row_gradients = nullptr;        ///< one for each row
  const ColumnGradient* column_gradients = nullptr;  ///< one for each column
  Grouping grouping = Grouping::rows;
  ActivationFunction activation = ActivationFunction::none;
  i64 rows = 0;
  i64 columns = 0;
  i64 channels = 1;
  double epsilon = 0.0;
  double momentum = 0.0;
};

struct CompareTask {
  ReferenceInputs inputs;
  Formula formula = Formula::normalized;
  const void* actual = nullptr;
  Element type = Element::f32;  ///< of `actual`
  i64 elements = 0;
  double relative_tolerance = 0.0;
  double absolute_tolerance = 0.0;
  double size_tolerance = 0.0;  ///< of the size of the terms that were summed up (Expected::size)
  u32* tiles = nullptr;         ///< tile_rows * tile_columns, bits of non-negative floats, zeroed before; null: no map
  int tile_rows = 0;            ///< at most map_rows
  int tile_columns = 0;
  i64 map_rows = 0;  ///< map_rows * map_columns == elements
  i64 map_columns = 0;
};

}  // namespace knobscope::device::numerics
