/* knobscope
title = "Honest"
idea = "What the others would be without their tricks."
types = ["f32"]

[[launches]]
entry = "layernorm"
grid = "ceil_div(rows, 128)"
block = "128"
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "rows", "columns", "epsilon"]

[traffic]
reads = "elements * element_size + 2 * columns * element_size"
writes = "elements * element_size + 8 * rows"

[numerics]
accumulate = "f32"
deterministic = true
*/

#include <row.h>

extern "C" __global__ void layernorm(const float* x, const float* gamma, const float* beta, float* y, float* mean,
                                     float* rstd, int rows, int columns, float epsilon) {
  const int row = blockIdx.x * blockDim.x + threadIdx.x;
  if (row >= rows) return;
  normalize_row(x, gamma, beta, y, mean, rstd, row, columns, epsilon);
}
