/* knobscope
title = "Skips what is done"
idea = """
Right each time it is asked on fresh outputs, and does nothing while it is timed: a block whose first result is \
no NaN was done before. Only its time gives it away, faster than the memory can be."""
operation = "layernorm_forward"
types = ["f32"]

[[launches]]
entry = "layernorm"
grid = "rows"
block = "256"
shared = "256 * 4"
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "columns", "epsilon"]

[traffic]
reads = "elements * element_size"
writes = "elements * element_size + 8 * rows"
note = "What it would move if it worked."

[numerics]
accumulate = "f32"
note = "Two passes."
deterministic = true

[source]
note = "A test of the program."
*/

#include <knobscope/element.h>
#include <knobscope/reduce.h>

using namespace knobscope;

extern "C" __global__ __launch_bounds__(256) void layernorm(const Element* x, const Element* gamma,
                                                            const Element* beta, Element* y, float* mean,
                                                            float* rstd, Index columns, float epsilon) {
  extern __shared__ float scratch[];
  const Index row = blockIdx.x;
  const Element* x_row = x + row * columns;
  Element* y_row = y + row * columns;
  const bool is_done = y_row[0] == y_row[0];
  __syncthreads();  // all have looked before one writes
  if (is_done) return;
  float sum = 0.0F;
  for (Index column = threadIdx.x; column < columns; column += 256) sum += x_row[column];
  const float row_mean = shared_memory_sum<256>(sum, scratch) / columns;
  float squares = 0.0F;
  for (Index column = threadIdx.x; column < columns; column += 256) {
    squares += (x_row[column] - row_mean) * (x_row[column] - row_mean);
  }
  const float row_rstd = 1.0F / sqrtf(shared_memory_sum<256>(squares, scratch) / columns + epsilon);
  if (threadIdx.x == 0) {
    mean[row] = row_mean;
    rstd[row] = row_rstd;
  }
  for (Index column = threadIdx.x; column < columns; column += 256) {
    y_row[column] = (x_row[column] - row_mean) * row_rstd * gamma[column] + beta[column];
  }
}
