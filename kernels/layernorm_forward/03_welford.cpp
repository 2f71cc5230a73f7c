/* knobscope
title = "Welford, merged pairwise by Chan"
idea = """
One pass in float that keeps its digits: a running mean and the squared distances from it. A chain of millions of \
such steps would still round too often, so a row is halved until short chunks are left, and Chan's formula merges \
halves into wholes. The knob that matters is chunk: longer ones save merges and round more."""
operation = "layernorm_forward"
types = ["f32", "f16", "bf16"]

[knobs.chunk]
values = [16, 32, 64, 128, 256, 512, 1024]
default = 64
help = "values in one chain; longer ones save merges and round more"

[knobs.block]
values = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]
default = 1
help = "rows of a block, which one thread works through; more for short rows, 1 when there are fewer rows than cores"

[[launches]]
entry = "layernorm"
grid = "ceil_div(rows, block)"
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "rows", "columns", "epsilon", "block_index"]

[traffic]
reads = "2 * elements * element_size + 2 * columns * element_size"
writes = "elements * element_size + 8 * rows"
note = "x once for the moments and once for the result."

[numerics]
accumulate = "f32"
note = """
The variance is right for any mean. The mean is rounded to a float, which shows in y from a hundred times the \
spread on. A division for every element makes this the slowest of the CPU's variants."""
deterministic = true

[source]
note = "Welford, Technometrics 4 (1962); Chan, Golub and LeVeque, The American Statistician 37 (1983)."
*/

#include <algorithm>
#include <cmath>

#include <knobscope/element.h>
#include <knobscope/moments.h>

using namespace knobscope;

Moments moments_of(const Element* values, Index count) {
  if (count > KNOB_CHUNK) {
    const Index half = count / 2;
    return merge(moments_of(values, half), moments_of(values + half, count - half));
  }
  Moments moments{};
  for (Index i = 0; i < count; ++i) moments = with_value(moments, to_float(values[i]));
  return moments;
}

// Threads share the rows out in blocks; this is called once for each.
void layernorm(const Element* x, const Element* gamma, const Element* beta, Element* y, float* mean, float* rstd,
               Index rows, Index columns, float epsilon, Index block_index) {
  const Index begin = block_index * KNOB_BLOCK;
  const Index end = std::min(begin + KNOB_BLOCK, rows);

  for (Index row = begin; row < end; ++row) {
    const Element* x_row = x + row * columns;
    Element* y_row = y + row * columns;

    const Moments moments = moments_of(x_row, columns);
    const float row_mean = moments.mean;
    const float row_rstd = 1.0F / std::sqrt(moments.m2 / static_cast<float>(columns) + epsilon);

    for (Index column = 0; column < columns; ++column) {
      const float normalized = (to_float(x_row[column]) - row_mean) * row_rstd;
      y_row[column] = from_float<Element>(normalized * to_float(gamma[column]) + to_float(beta[column]));
    }
    mean[row] = row_mean;
    rstd[row] = row_rstd;
  }
}
