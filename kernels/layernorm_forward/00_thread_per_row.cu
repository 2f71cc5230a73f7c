/* knobscope
title = "Thread per row"
idea = """
One thread takes a row and does what a loop on a CPU would do. No thread ever talks to another, so nothing could be \
easier to get right. But the 32 threads of a warp read 32 rows at once, each at its own far-away address: a load that \
could fetch 128 bytes in one piece fetches 32 pieces of 32 bytes and uses 4 of each, and hopes that a cache keeps the \
rest. And there are only as many threads as rows: 16 rows leave a GPU of 200,000 threads to 16. The block matters \
little; small ones spread few rows over more multiprocessors."""
operation = "layernorm_forward"
types = ["f32", "f16", "bf16"]

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 64
help = "threads in a block, each with a row of its own"

[[launches]]
entry = "layernorm"
grid = "ceil_div(rows, block)"
block = "block"
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "rows", "columns", "epsilon"]

[traffic]
reads = "3 * elements * element_size + 2 * columns * element_size"
writes = "elements * element_size + 8 * rows"
note = """
x once per pass, if every 32-byte sector stays in a cache until all of it is used. Where it does not, a sector is \
fetched again for each of its elements: up to eight times the reads for f32, sixteen for 16-bit elements."""

[numerics]
accumulate = "f32"
note = """
Squares of distances from the mean, in chains of 128 additions: right for rows of millions. The mean is rounded to a \
float, which shows in y from a hundred times the spread on."""
deterministic = true

[source]
note = "The loop of a CPU, given to a GPU's threads."
*/

#include <knobscope/element.h>
#include <knobscope/reduce.h>

using namespace knobscope;

extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void layernorm(
    const Element* __restrict__ x, const Element* __restrict__ gamma, const Element* __restrict__ beta,
    Element* __restrict__ y, float* __restrict__ mean, float* __restrict__ rstd, Index rows, Index columns,
    float epsilon) {
  const Index row = blockIdx.x * static_cast<Index>(KNOB_BLOCK) + threadIdx.x;
  if (row >= rows) return;
  x += row * columns;
  y += row * columns;

  const float sum =
      fold_in_chains<float>(0, columns, 1, [&](float chain, Index column) { return chain + to_float(x[column]); });
  const float row_mean = sum / columns;

  const float squares = fold_in_chains<float>(0, columns, 1, [&](float chain, Index column) {
    const float distance = to_float(x[column]) - row_mean;
    return chain + distance * distance;
  });
  const float row_rstd = rsqrtf(squares / columns + epsilon);
  mean[row] = row_mean;
  rstd[row] = row_rstd;

  for (Index column = 0; column < columns; ++column) {
    const float normalized = (to_float(x[column]) - row_mean) * row_rstd;
    y[column] = from_float<Element>(normalized * to_float(gamma[column]) + to_float(beta[column]));
  }
}
