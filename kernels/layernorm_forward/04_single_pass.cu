/* knobscope
title = "Single pass, sum and sum of squares"
idea = """
The variance is E[x²] - E[x]², and both means can be gathered while x is read once. One pass less, one reduction \
less. The price is digits: when the mean is large against the spread, two nearly equal numbers are subtracted."""
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
note = "x once for the sums and once for the result."

[numerics]
accumulate = "f32"
note = """
Breaks where the mean is large against the spread: a float holds 7 digits, and E[x²] - E[x]² loses two of them for \
every power of ten in mean / spread. At a mean of 1000 spreads nothing is left, and the difference may come out \
negative. It is then set to 0, so that the root exists; the answer is still wrong, and the check says so."""
deterministic = true

[source]
note = "The textbook identity; widely used where means are known to be small."
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

  // Two sums at once: x gathers the values, y their squares.
  float2 sums = fold_in_chains<float2>(threadIdx.x, columns, KNOB_BLOCK, [&](float2 chain, Index column) {
    const float value = to_float(x[column]);
    return merge(chain, make_float2(value, value * value));
  });
  sums = block_reduce<KNOB_BLOCK>(sums);

  const float row_mean = sums.x / columns;
  // Rounded as the squares in sums.y are: a fused multiply-subtract would leave a row of one element a variance.
  float variance = sums.y / columns - __fmul_rn(row_mean, row_mean);
  if (variance < 0.0F) variance = 0.0F;  // not fmaxf, which would turn the NaN of a broken row into a sound-looking 0
  const float row_rstd = rsqrtf(variance + epsilon);
  if (threadIdx.x == 0) {
    mean[row] = row_mean;
    rstd[row] = row_rstd;
  }

  for (Index column = threadIdx.x; column < columns; column += KNOB_BLOCK) {
    const float normalized = (to_float(x[column]) - row_mean) * row_rstd;
    y[column] = from_float<Element>(normalized * to_float(gamma[column]) + to_float(beta[column]));
  }
}
