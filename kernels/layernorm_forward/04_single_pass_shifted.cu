/* knobscope
title = "Single pass, shifted by the row's first element"
idea = """
The variance does not change when the same number is taken from every element, and the identity is harmless when the \
mean is near 0. So the row's first element, which every thread can read, is taken from all of them: it is as near to \
the mean as any, and what is squared is small. One subtraction an element buys back nearly all the digits that the \
plain single pass loses, and not a byte more is moved. As before, the block is what decides the speed: enough \
threads that many loads are under way."""
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
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "columns", "epsilon"]

[traffic]
reads = "2 * elements * element_size + 2 * columns * element_size"
writes = "elements * element_size + 8 * rows"
note = "x once for the sums and once for the result; the first element comes with its neighbours."

[numerics]
accumulate = "f32"
note = """
Right for any mean, even one that is a million spreads, because the mean is kept as shift plus remainder and never \
rounded to one float. It breaks only where the first element is itself far from all others: with an outlier \
there, a row of a thousand elements loses three digits of its variance, one of a million six. An outlier elsewhere \
does no harm."""
deterministic = true

[source]
note = "Shifted data: Chan, Golub and LeVeque, The American Statistician 37 (1983)."
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
  const float shift = to_float(x[0]);

  // Two sums at once, of distances from the shift: x gathers them, y their squares.
  float2 sums = fold_in_chains<float2>(threadIdx.x, columns, KNOB_BLOCK, [&](float2 chain, Index column) {
    const float distance = to_float(x[column]) - shift;
    return merge(chain, make_float2(distance, distance * distance));
  });
  sums = block_reduce<KNOB_BLOCK>(sums);

  const float rest = sums.x / columns;  // the mean is shift + rest, more exactly than one float can say
  float variance = sums.y / columns - rest * rest;
  if (variance < 0.0F) variance = 0.0F;  // not fmaxf, which would turn the NaN of a broken row into a sound-looking 0
  const float row_rstd = rsqrtf(variance + epsilon);
  if (threadIdx.x == 0) {
    mean[row] = shift + rest;
    rstd[row] = row_rstd;
  }

  for (Index column = threadIdx.x; column < columns; column += KNOB_BLOCK) {
    const float normalized = ((to_float(x[column]) - shift) - rest) * row_rstd;
    y[column] = from_float<Element>(normalized * to_float(gamma[column]) + to_float(beta[column]));
  }
}
