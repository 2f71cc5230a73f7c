/* knobscope
title = "A block of 32 by 8, numbered with the wrong stride"
idea = """
The thread's number is y * blockDim.y + x instead of y * blockDim.x + x: threads share numbers, and their \
values."""
types = ["f32", "f16", "bf16"]

[knobs.block]
values = [64, 128, 256, 512]
default = 256
help = "threads in a block, which share one row"

[[launches]]
entry = "layernorm"
grid = "rows"
block = [32, "block / 32"]
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

// The sum of the values of all threads.
__device__ float block_sum(float value, int thread, float* scratch) {
  scratch[thread] = value;  // SEEN
  __syncthreads();
  float sum = 0.0F;
  for (int i = 0; i < KNOB_BLOCK; ++i) sum += scratch[i];  // SEEN
  __syncthreads();
  return sum;
}

extern "C" __global__ void layernorm(const Element* x, const Element* gamma, const Element* beta, Element* y,
                                     float* mean, float* rstd, int columns, float epsilon) {
  __shared__ float scratch[KNOB_BLOCK];
  const int row = blockIdx.x;
  const Element* x_row = x + row * columns;
  Element* y_row = y + row * columns;

  const int thread = threadIdx.y * blockDim.y + threadIdx.x;  // BUG
  float sum = 0.0F;
  for (int column = thread; column < columns; column += KNOB_BLOCK) sum += to_float(x_row[column]);
  const float row_mean = block_sum(sum, thread, scratch) / columns;

  float squares = 0.0F;
  for (int column = thread; column < columns; column += KNOB_BLOCK) {
    const float distance = to_float(x_row[column]) - row_mean;
    squares += distance * distance;
  }
  const float row_rstd = rsqrtf(block_sum(squares, thread, scratch) / columns + epsilon);
  if (thread == 0) {
    mean[row] = row_mean;
    rstd[row] = row_rstd;
  }
  for (int column = thread; column < columns; column += KNOB_BLOCK) {
    const float normalized = (to_float(x_row[column]) - row_mean) * row_rstd;
    const float scaled = normalized * to_float(gamma[column]);
    y_row[column] = from_float<Element>(scaled + to_float(beta[column]));  // SEEN
  }
}
