/* knobscope
title = "A flag that the compiler need not read again"
idea = """
The handshake with a flag that is neither volatile nor atomic: the compiler may read it once and wait for \
ever."""
types = ["f32", "f16", "bf16"]

[knobs.block]
values = [64, 128, 256, 512]
default = 256
help = "threads in a block, which share one row"

[[buffers]]
name = "flags"
type = "i32"
count = "rows"
clear = true

[[launches]]
entry = "layernorm"
grid = [2, "rows"]
block = "block"
cooperative = true
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "flags", "columns", "epsilon"]

[traffic]
reads = "3 * elements * element_size + 2 * columns * element_size"
writes = "elements * element_size + 8 * rows"

[numerics]
accumulate = "f32"
deterministic = true
*/

#include <knobscope/element.h>

using namespace knobscope;

// The sum of the values of all threads, by halving; the block is a power of two.
__device__ float block_sum(float value, float* scratch) {
  const int thread = threadIdx.x;
  scratch[thread] = value;
  __syncthreads();
  for (int half = blockDim.x / 2; half > 0; half /= 2) {
    if (thread < half) scratch[thread] += scratch[thread + half];
    __syncthreads();
  }
  const float sum = scratch[0];
  __syncthreads();
  return sum;
}

extern "C" __global__ void layernorm(const Element* x, const Element* gamma, const Element* beta, Element* y,
                                     float* mean, float* rstd, int* flags, int columns, float epsilon) {  // BUG
  __shared__ float scratch[KNOB_BLOCK];
  const int row = blockIdx.y;
  const Element* x_row = x + row * columns;
  Element* y_row = y + row * columns;

  if (blockIdx.x == 1) {
    float sum = 0.0F;
    for (int column = threadIdx.x; column < columns; column += blockDim.x) sum += to_float(x_row[column]);
    const float row_mean = block_sum(sum, scratch) / columns;

    float squares = 0.0F;
    for (int column = threadIdx.x; column < columns; column += blockDim.x) {
      const float distance = to_float(x_row[column]) - row_mean;
      squares += distance * distance;
    }
    const float row_rstd = rsqrtf(block_sum(squares, scratch) / columns + epsilon);
    if (threadIdx.x == 0) {
      mean[row] = row_mean;
      rstd[row] = row_rstd;
      __threadfence();
      flags[row] = 1;  // SEEN
    }
    return;
  }

  if (threadIdx.x == 0) {
    while (flags[row] == 0) {  // SEEN
    }
    __threadfence();
  }
  __syncthreads();  // SEEN
  const float row_mean = mean[row];  // SEEN
  const float row_rstd = rstd[row];  // SEEN
  for (int column = threadIdx.x; column < columns; column += blockDim.x) {
    const float normalized = (to_float(x_row[column]) - row_mean) * row_rstd;
    y_row[column] = from_float<Element>(normalized * to_float(gamma[column]) + to_float(beta[column]));
  }
}
