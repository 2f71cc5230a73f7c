/* knobscope
title = "Threads without a column go home"
idea = "Threads that have no column return before the block's barriers, which wait for all threads."
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
  __shared__ float scratch[KNOB_BLOCK];
  const int row = blockIdx.x;
  const Element* x_row = x + row * columns;
  Element* y_row = y + row * columns;

  const int thread = threadIdx.x;
  const int threads = min(static_cast<int>(blockDim.x), columns);
  if (thread >= columns) return;  // BUG

  float sum = 0.0F;
  for (int column = thread; column < columns; column += blockDim.x) sum += to_float(x_row[column]);
  scratch[thread] = sum;
  __syncthreads();  // SEEN
  float row_mean = 0.0F;
  for (int i = 0; i < threads; ++i) row_mean += scratch[i];
  row_mean /= columns;
  __syncthreads();  // SEEN

  float squares = 0.0F;
  for (int column = threadIdx.x; column < columns; column += blockDim.x) {
    const float distance = to_float(x_row[column]) - row_mean;
    squares += distance * distance;
  }
  scratch[thread] = squares;
  __syncthreads();  // SEEN
  float variance = 0.0F;
  for (int i = 0; i < threads; ++i) variance += scratch[i];
  const float row_rstd = rsqrtf(variance / columns + epsilon);
  if (threadIdx.x == 0) {
    mean[row] = row_mean;
    rstd[row] = row_rstd;
  }

  for (int column = threadIdx.x; column < columns; column += blockDim.x) {
    const float normalized = (to_float(x_row[column]) - row_mean) * row_rstd;
    y_row[column] = from_float<Element>(normalized * to_float(gamma[column]) + to_float(beta[column]));
  }
}
