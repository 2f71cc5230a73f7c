/* knobscope
title = "Every warp writes the mean"
idea = """
The mean is stored where a warp's sum is ready instead of the block's: each warp writes another number to the \
same place."""
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

extern "C" __global__ void layernorm(const Element* x, const Element* gamma, const Element* beta, Element* y,
                                     float* mean, float* rstd, int columns, float epsilon) {
  __shared__ float of_warp[32];
  __shared__ float squares_of_warp[32];
  const int row = blockIdx.x;
  const Element* x_row = x + row * columns;
  Element* y_row = y + row * columns;

  const int lane = threadIdx.x % 32;
  const int warp = threadIdx.x / 32;
  const int warps = blockDim.x / 32;
  float sum = 0.0F;
  for (int column = threadIdx.x; column < columns; column += blockDim.x) sum += to_float(x_row[column]);
  sum = warp_sum(sum);
  if (lane == 0) of_warp[warp] = sum;
  __syncthreads();
  float total = 0.0F;
  for (int i = 0; i < warps; ++i) total += of_warp[i];
  const float row_mean = total / columns;
  if (lane == 0) mean[row] = sum / columns;  // BUG

  float squares = 0.0F;
  for (int column = threadIdx.x; column < columns; column += blockDim.x) {
    const float distance = to_float(x_row[column]) - row_mean;
    squares += distance * distance;
  }
  squares = warp_sum(squares);
  if (lane == 0) squares_of_warp[warp] = squares;
  __syncthreads();
  total = 0.0F;
  for (int i = 0; i < warps; ++i) total += squares_of_warp[i];
  const float row_rstd = rsqrtf(total / columns + epsilon);
  if (threadIdx.x == 0) rstd[row] = row_rstd;

  for (int column = threadIdx.x; column < columns; column += blockDim.x) {
    const float normalized = (to_float(x_row[column]) - row_mean) * row_rstd;
    y_row[column] = from_float<Element>(normalized * to_float(gamma[column]) + to_float(beta[column]));
  }
}
