/* knobscope
title = "A grid barrier in an ordinary launch"
idea = """
The blocks of a row meet at a grid barrier, but the launch is not cooperative: nobody promises that all blocks \
run at once."""
types = ["f32", "f16", "bf16"]

[knobs.splits]
values = [1, 2, 4]
default = 2
help = "parts of a row, a block each"

[knobs.block]
values = [64, 128, 256, 512]
default = 128
help = "threads in a block"

[[buffers]]
name = "partials"
type = "f32"
count = "rows * splits"

[[launches]]
entry = "layernorm"
grid = ["splits", "rows"]
block = "block"
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "partials", "columns", "epsilon"]

[traffic]
reads = "3 * elements * element_size + 2 * columns * element_size"
writes = "elements * element_size + 8 * rows"

[numerics]
accumulate = "f32"
deterministic = true
*/

#include <cooperative_groups.h>

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
                                     float* mean, float* rstd, float* partials, int columns, float epsilon) {
  __shared__ float scratch[KNOB_BLOCK];
  const int row = blockIdx.y;
  const int part = blockIdx.x;
  const int length = (columns + KNOB_SPLITS - 1) / KNOB_SPLITS;
  const int begin = min(part * length, columns);
  const int end = min(begin + length, columns);
  const Element* x_row = x + row * columns;

  float sum = 0.0F;
  for (int column = begin + threadIdx.x; column < end; column += blockDim.x) sum += to_float(x_row[column]);
  sum = block_sum(sum, scratch);
  if (threadIdx.x == 0) partials[row * KNOB_SPLITS + part] = sum;
  cooperative_groups::this_grid().sync();  // BUG
  float row_mean = 0.0F;
  for (int i = 0; i < KNOB_SPLITS; ++i) row_mean += partials[row * KNOB_SPLITS + i];
  row_mean /= columns;

  float squares = 0.0F;
  for (int column = threadIdx.x; column < columns; column += blockDim.x) {
    const float distance = to_float(x_row[column]) - row_mean;
    squares += distance * distance;
  }
  const float row_rstd = rsqrtf(block_sum(squares, scratch) / columns + epsilon);
  if (part == 0 && threadIdx.x == 0) {
    mean[row] = row_mean;
    rstd[row] = row_rstd;
  }
  for (int column = begin + threadIdx.x; column < end; column += blockDim.x) {
    const float normalized = (to_float(x_row[column]) - row_mean) * row_rstd;
    y[row * columns + column] = from_float<Element>(normalized * to_float(gamma[column]) + to_float(beta[column]));
  }
}
