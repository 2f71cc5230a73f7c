/* knobscope
title = "A warp that waits for lanes that returned"
idea = """
One warp has one row; lanes without a column return at once, and the shuffles read from them nevertheless."""
types = ["f32", "f16", "bf16"]

[knobs.block]
values = [32]
default = 32
help = "threads in a block: one warp for a row"

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
  for (int offset = 16; offset > 0; offset /= 2) {
    value += __shfl_xor_sync(0xFFFFFFFFu, value, offset);  // SEEN
  }
  return value;
}

extern "C" __global__ void layernorm(const Element* x, const Element* gamma, const Element* beta, Element* y,
                                     float* mean, float* rstd, int columns, float epsilon) {
  const int row = blockIdx.x;
  const Element* x_row = x + row * columns;
  Element* y_row = y + row * columns;

  if (static_cast<int>(threadIdx.x) >= columns) return;  // BUG

  float sum = 0.0F;
  for (int column = threadIdx.x; column < columns; column += blockDim.x) sum += to_float(x_row[column]);
  const float row_mean = warp_sum(sum) / columns;

  float squares = 0.0F;
  for (int column = threadIdx.x; column < columns; column += blockDim.x) {
    const float distance = to_float(x_row[column]) - row_mean;
    squares += distance * distance;
  }
  const float row_rstd = rsqrtf(warp_sum(squares) / columns + epsilon);
  if (threadIdx.x == 0) {
    mean[row] = row_mean;
    rstd[row] = row_rstd;
  }

  for (int column = threadIdx.x; column < columns; column += blockDim.x) {
    const float normalized = (to_float(x_row[column]) - row_mean) * row_rstd;
    y_row[column] = from_float<Element>(normalized * to_float(gamma[column]) + to_float(beta[column]));
  }
}
