/* knobscope
title = "Skips later"
idea = "Counts its launches in a variable of the module, and leaves its work out after as many as the knob says."
types = ["f32"]

[knobs.right]
values = [3, 20, 1000000]
default = 20
help = "launches that do their work"

[[launches]]
entry = "count"
grid = "1"
block = "1"
arguments = ["1"]

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

__device__ int launches;

extern "C" __global__ void count(int by) { launches += by; }

extern "C" __global__ void layernorm(const float* x, const float* gamma, const float* beta, float* y, float* mean,
                                     float* rstd, int rows, int columns, float epsilon) {
  const int row = blockIdx.x * blockDim.x + threadIdx.x;
  if (row >= rows) return;
  if (launches > KNOB_RIGHT) return;
  normalize_row(x, gamma, beta, y, mean, rstd, row, columns, epsilon);
}
