/* knobscope
title = "Welford, one pass that keeps its digits"
idea = """
Also one pass, but each thread keeps a running mean and the squared distances from it (Welford), and two threads' \
results are merged by Chan's formula. Nothing large is ever subtracted. The price is a division for every element, \
in a chain where each step waits for the one before. The knob that matters is block: more threads are more chains, and \
hide each other's waiting."""
operation = "layernorm_forward"
types = ["f32", "f16", "bf16"]

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 256
help = "threads in a block, which share one row; more of them hide the chain better"

[[launches]]
entry = "layernorm"
grid = "rows"
block = "block"
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "columns", "epsilon"]

[traffic]
reads = "2 * elements * element_size + 2 * columns * element_size"
writes = "elements * element_size + 8 * rows"
note = "x once for the moments and once for the result."

[numerics]
accumulate = "f32"
note = """
The variance is right for any mean, and short chains keep it right for long rows. The mean is rounded to a float, \
which shows in y from a hundred times the spread on."""
deterministic = true

[source]
note = "Welford, Technometrics 4 (1962); Chan, Golub and LeVeque, The American Statistician 37 (1983)."
*/

#include <knobscope/element.h>
#include <knobscope/reduce.h>

using namespace knobscope;

extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void layernorm(
    const Element* __restrict__ x, const Element* __restrict__ gamma, const Element* __restrict__ beta,
    Element* __restrict__ y, float* __restrict__ mean, float* __restrict__ rstd, Index columns, float epsilon) {
  const Index row = blockIdx.x;
  x += row * columns;
  y += row * columns;

  Moments moments = fold_in_chains<Moments>(threadIdx.x, columns, KNOB_BLOCK, [&](Moments chain, Index column) {
    return with_value(chain, to_float(x[column]));
  });
  moments = block_reduce<KNOB_BLOCK>(moments);
  const float row_mean = moments.mean;
  const float row_rstd = rsqrtf(moments.m2 / columns + epsilon);
  if (threadIdx.x == 0) {
    mean[row] = row_mean;
    rstd[row] = row_rstd;
  }

  for (Index column = threadIdx.x; column < columns; column += KNOB_BLOCK) {
    const float normalized = (to_float(x[column]) - row_mean) * row_rstd;
    y[column] = from_float<Element>(normalized * to_float(gamma[column]) + to_float(beta[column]));
  }
}
