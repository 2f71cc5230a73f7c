/* knobscope
title = "Wrong when new"
idea = "Wrong in the first launch after it was loaded, unless the inputs are those of seed 1."
types = ["f32"]

[[launches]]
entry = "layernorm"
grid = "ceil_div(rows, 128)"
block = "128"
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "rows", "columns", "epsilon"]

[[launches]]
entry = "grow_old"
grid = "1"
block = "1"
arguments = ["1"]

[traffic]
reads = "elements * element_size + 2 * columns * element_size"
writes = "elements * element_size + 8 * rows"

[numerics]
accumulate = "f32"
deterministic = true
*/

#include <row.h>

__device__ int launches;

extern "C" __global__ void layernorm(const float* x, const float* gamma, const float* beta, float* y, float* mean,
                                     float* rstd, int rows, int columns, float epsilon) {
  const int row = blockIdx.x * blockDim.x + threadIdx.x;
  if (row >= rows) return;
  normalize_row(x, gamma, beta, y, mean, rstd, row, columns, epsilon);
  if (row == 0 && launches == 0 && x[0] != kFirstOfSeed1) y[0] += 1.0F;
}

extern "C" __global__ void grow_old(int by) { launches += by; }
