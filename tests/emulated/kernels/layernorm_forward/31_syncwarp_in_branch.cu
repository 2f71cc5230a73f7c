/* knobscope
title = "__syncwarp for the lower lanes only"
idea = "Lanes that still add wait for the whole warp with __syncwarp inside the branch; the others have gone on."
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

// The sum of the warp's values, in lane 0's place of `mine`.
__device__ void warp_sum(float value, float* mine) {
  const int lane = threadIdx.x % 32;
  mine[lane] = value;
  __syncwarp();
  for (int half = 16; half > 0; half /= 2) {
    if (lane < half) {
      mine[lane] += mine[lane + half];
      __syncwarp();  // BUG
    }
  }
}

// Every thread receives the sum of the block's values.
__device__ float block_sum(float value, float* scratch) {
  warp_sum(value, scratch + threadIdx.x / 32 * 32);
  __syncthreads();  // SEEN
  float sum = 0.0F;
  for (int first = 0; first < static_cast<int>(blockDim.x); first += 32) sum += scratch[first];
  __syncthreads();
  return sum;
}

extern "C" __global__ void layernorm(const Element* x, const Element* gamma, const Element* beta, Element* y,
                                     float* mean, float* rstd, int columns, float epsilon) {
  __shared__ float scratch[KNOB_BLOCK];
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
