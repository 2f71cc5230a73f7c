/* knobscope
title = "The whole warp's mask for a few lanes"
idea = """
Only the first lanes of the block add up the warps' sums, but their shuffle's mask names all 32: the others \
never come."""
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

// Every lane receives the sum of its warp's values.
__device__ float warp_sum(float value) {
  for (int offset = 16; offset > 0; offset /= 2) value += __shfl_xor_sync(0xFFFFFFFFu, value, offset);
  return value;
}

// Every thread receives the sum of the block's values; the number of warps is a power of two below 32.
__device__ float block_sum(float value, float* of_warp) {
  __shared__ float of_block;
  const int warps = blockDim.x / 32;
  value = warp_sum(value);
  if (threadIdx.x % 32 == 0) of_warp[threadIdx.x / 32] = value;
  __syncthreads();
  if (threadIdx.x < warps) {
    float sum = of_warp[threadIdx.x];
    for (int offset = warps / 2; offset > 0; offset /= 2) {
      sum += __shfl_xor_sync(0xFFFFFFFFu, sum, offset);  // BUG
    }
    if (threadIdx.x == 0) of_block = sum;
  }
  __syncthreads();
  return of_block;
}

extern "C" __global__ void layernorm(const Element* x, const Element* gamma, const Element* beta, Element* y,
                                     float* mean, float* rstd, int columns, float epsilon) {
  __shared__ float scratch[32];
  const int row = blockIdx.x;
  const Element* x_row = x + row * columns;
  Element* y_row = y + row * columns;

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
  }

  for (int column = threadIdx.x; column < columns; column += blockDim.x) {
    const float normalized = (to_float(x_row[column]) - row_mean) * row_rstd;
    y_row[column] = from_float<Element>(normalized * to_float(gamma[column]) + to_float(beta[column]));
  }
}
