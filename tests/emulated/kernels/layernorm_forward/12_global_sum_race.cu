/* knobscope
title = "Parts of a row added up in memory"
idea = """
A row is split over blocks; each adds its part to the row's sum in memory with a plain +=, and parts are lost."""
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
name = "row_sums"
type = "f32"
count = "rows"
clear = true

[[launches]]
entry = "add_parts"
grid = ["splits", "rows"]
block = "block"
arguments = ["x", "row_sums", "columns"]

[[launches]]
entry = "apply"
grid = "rows"
block = "block"
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "row_sums", "columns", "epsilon"]

[traffic]
reads = "3 * elements * element_size + 2 * columns * element_size"
writes = "elements * element_size + 8 * rows"

[numerics]
accumulate = "f32"
note = "Two parts added to 0 give the same bits in either order."
deterministic = false
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

extern "C" __global__ void add_parts(const Element* x, float* row_sums, int columns) {
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
  if (threadIdx.x == 0) row_sums[row] += sum;  // BUG
}

extern "C" __global__ void apply(const Element* x, const Element* gamma, const Element* beta, Element* y, float* mean,
                                 float* rstd, const float* row_sums, int columns, float epsilon) {
  __shared__ float scratch[KNOB_BLOCK];
  const int row = blockIdx.x;
  const Element* x_row = x + row * columns;
  Element* y_row = y + row * columns;

  const float row_mean = row_sums[row] / columns;
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
