/* knobscope
title = "Block per row, flat index and rsqrt"
idea = """
The same three passes, but a row is what it is in memory: one run of elements. The offset is the column, a pointer \
to the row's start does the rest, and every division is gone from the loops. rsqrtf replaces a square root and a \
division."""
operation = "layernorm_forward"
types = ["f32", "f16", "bf16"]

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 256
help = "threads in a block, which share one row"

[[launches]]
entry = "layernorm"
grid = "rows"
block = "block"
shared = "block * 4"
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "columns", "epsilon"]

[traffic]
reads = "3 * elements * element_size + 2 * columns * element_size"
writes = "elements * element_size + 8 * rows"
note = "x once per pass; a row of a few thousand elements is still in a cache for the second and third."

[numerics]
accumulate = "f32"
note = """
As with coordinates: the sums are the same, bit for bit. rsqrtf may be off by two units in the last place, an eighth \
of what the tolerance allows."""
deterministic = true

[source]
note = "The previous variant, with what the profiler points at first taken out."
*/

#include <knobscope/element.h>
#include <knobscope/reduce.h>

using namespace knobscope;

extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void layernorm(
    const Element* __restrict__ x, const Element* __restrict__ gamma, const Element* __restrict__ beta,
    Element* __restrict__ y, float* __restrict__ mean, float* __restrict__ rstd, Index columns, float epsilon) {
  extern __shared__ float scratch[];
  const Index row = blockIdx.x;
  x += row * columns;
  y += row * columns;

  const float sum = fold_in_chains<float>(
      threadIdx.x, columns, KNOB_BLOCK, [&](float chain, Index column) { return chain + to_float(x[column]); });
  const float row_mean = shared_memory_sum<KNOB_BLOCK>(sum, scratch) / columns;

  const float squares = fold_in_chains<float>(threadIdx.x, columns, KNOB_BLOCK, [&](float chain, Index column) {
    const float distance = to_float(x[column]) - row_mean;
    return chain + distance * distance;
  });
  const float row_rstd = rsqrtf(shared_memory_sum<KNOB_BLOCK>(squares, scratch) / columns + epsilon);
  if (threadIdx.x == 0) {
    mean[row] = row_mean;
    rstd[row] = row_rstd;
  }

  for (Index column = threadIdx.x; column < columns; column += KNOB_BLOCK) {
    const float normalized = (to_float(x[column]) - row_mean) * row_rstd;
    y[column] = from_float<Element>(normalized * to_float(gamma[column]) + to_float(beta[column]));
  }
}
