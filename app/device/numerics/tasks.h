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
  layernorm_y = 0,     ///< elements rows * columns
  layernorm_mean = 1,  ///< rows
  layernorm_rstd = 2,  ///< rows
  batchnorm_y = 3,     ///< elements rows * columns; the channel of a row is row % channels
};

struct RowStatistics {
  double mean = 0.0;
  double rstd = 0.0;
};

/// The inputs as stored, and what the reference adds to them. BatchNorm uses the four channel vectors, LayerNorm gamma
/// and beta by column and `statistics` (one for each row).
struct ReferenceInputs {
  const void* x = nullptr;
  const void* gamma = nullptr;
  const void* beta = nullptr;
  const void* running_mean = nullptr;
  const void* running_var = nullptr;
  const RowStatistics* statistics = nullptr;
  Element x_type = Element::f32;
  Element gamma_type = Element::f32;
  Element beta_type = Element::f32;
  Element running_mean_type = Element::f32;
  Element running_var_type = Element::f32;
  i64 rows = 0;
  i64 columns = 0;
  i64 channels = 1;
  double epsilon = 0.0;
};

struct CompareTask {
  ReferenceInputs inputs;
  Formula formula = Formula::layernorm_y;
  const void* actual = nullptr;
  Element type = Element::f32;  ///< of `actual`
  i64 elements = 0;
  double relative_tolerance = 0.0;
  double absolute_tolerance = 0.0;
  u32* tiles = nullptr;  ///< tile_rows * tile_columns, bits of non-negative floats, zeroed before; null: no map
  int tile_rows = 0;     ///< at most map_rows
  int tile_columns = 0;
  i64 map_rows = 0;  ///< map_rows * map_columns == elements
  i64 map_columns = 0;
};

}  // namespace knobscope::device::numerics
