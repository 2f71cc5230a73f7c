/* knobscope
title = "Room for 128 threads"
idea = """
The shared array has room for 128 threads, and larger blocks are allowed: their upper threads write behind it."""
types = ["f32", "f16", "bf16"]

[knobs.block]
values = [64, 128, 256, 512]
default = 256
help = "threads in a block, which share one row"

[[launches]]
entry = "layernorm"
grid = "rows"
block = "block"
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "columns", "epsilon"]

[traffic]
reads = "3 * elements * element_size + 2 * columns * element_size"
writes = "elements * element_size + 8 * rows"

[numerics]
accumulate = "f32"
deterministic = true
*/

#include <knobscope/element.h>

using namespace knobscope;

extern "C" __global__ void layernorm(const Element* x, const Element* gamma, const Element* beta, Element* y,
                                     float* mean, float* rstd, int columns, float epsilon) {
  __shared__ float scratch[128];
  const int row = blockIdx.x;
  const Element* x_row = x + row * columns;
  Element* y_row = y + row * columns;

  const int thread = threadIdx.x;
  float sums[2];
  float row_mean = 0.0F;
  for (int pass = 0; pass < 2; ++pass) {
    float sum = 0.0F;
    for (int column = thread; column < columns; column += blockDim.x) {
      const float distance = to_float(x_row[column]) - row_mean;
      sum += pass == 0 ? distance : distance * distance;
    }
    scratch[thread] = sum;  // BUG
    __syncthreads();
    for (int half = blockDim.x / 2; half > 0; half /= 2) {
      if (thread < half) scratch[thread] += scratch[thread + half];
      __syncthreads();
    }
    sums[pass] = scratch[0];
    row_mean = sums[0] / columns;
    __syncthreads();
  }
  const float row_rstd = rsqrtf(sums[1] / columns + epsilon);
  if (threadIdx.x == 0) {
    mean[row] = row_mean;
    rstd[row] = row_rstd;
  }

  for (int column = threadIdx.x; column < columns; column += blockDim.x) {
    const float normalized = (to_float(x_row[column]) - row_mean) * row_rstd;
    y_row[column] = from_float<Element>(normalized * to_float(gamma[column]) + to_float(beta[column]));
  }
}
