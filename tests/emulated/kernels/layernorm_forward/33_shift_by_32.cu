/* knobscope
title = "Lanes up to mine"
idea = """
The mask of the lanes up to one's own is made by shifting 1 by lane + 1: for lane 31 that is a shift by all 32 \
bits."""
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

// Every thread receives the sum of the block's values; `of_warp` has room for 32 of them.
__device__ float block_sum(float value, float* of_warp) {
  const int lane = threadIdx.x % 32;
  const int warp = threadIdx.x / 32;
  value = warp_sum(value);
  if (lane == 0) of_warp[warp] = value;
  __syncthreads();
  float sum = 0.0F;
  for (int i = 0; i < static_cast<int>(blockDim.x) / 32; ++i) sum += of_warp[i];
  __syncthreads();
  return sum;
}

extern "C" __global__ void layernorm(const Element* x, const Element* gamma, const Element* beta, Element* y,
                                     float* mean, float* rstd, int columns, float epsilon) {
  __shared__ float scratch[32];
  __shared__ int counts[32];
  const int row = blockIdx.x;
  const Element* x_row = x + row * columns;
  Element* y_row = y + row * columns;

  const int lane = threadIdx.x % 32;
  const int warp = threadIdx.x / 32;
  const unsigned up_to_me = (1u << (lane + 1)) - 1u;  // BUG

  // Lanes number the values they see; the last lane's number is how many its warp has.
  float sum = 0.0F;
  int count = 0;
  for (int base = 0; base < columns; base += blockDim.x) {
    const int column = base + threadIdx.x;
    const unsigned present = __ballot_sync(0xFFFFFFFFu, column < columns);
    count += __popc(present & up_to_me);
    if (column < columns) sum += to_float(x_row[column]);
  }
  if (lane == 31) counts[warp] = count;
  sum = block_sum(sum, scratch);
  int values = 0;
  for (int i = 0; i < static_cast<int>(blockDim.x) / 32; ++i) values += counts[i];
  const float row_mean = sum / values;

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
