/* knobscope
title = "Warp per row, shuffles only"
idea = """
A row of a few hundred elements does not feed 256 threads: most have two or three elements, and then wait for each \
other at barriers. Here a warp owns a row. Its 32 threads exchange sums through registers by shuffles, which need no \
shared memory and no barrier, and the warps of a block never wait for each other. For short rows this is the plan to \
beat; for a few long ones it leaves the GPU to a few warps. The knob that matters is block, 32 threads for each of the \
rows side by side: it decides how many warps share a multiprocessor's cache, and how evenly the last rows are dealt \
out."""
operation = "layernorm_forward"
types = ["f32", "f16", "bf16"]

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 128
help = "threads in a block: each 32 of them, a warp, have a row of their own"

[[launches]]
entry = "layernorm"
grid = "ceil_div(rows, block / 32)"
block = "block"
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "rows", "columns", "epsilon"]

[traffic]
reads = "3 * elements * element_size + 2 * columns * element_size"
writes = "elements * element_size + 8 * rows"
note = "x once per pass; the second and third find a short row in the multiprocessor's own cache."

[numerics]
accumulate = "f32"
note = """
Squares of distances from the mean, in short chains. The mean is rounded to a float, which shows in y from a \
hundred times the spread on."""
deterministic = true

[source]
note = "The usual plan for hidden sizes up to about a thousand."
*/

#include <knobscope/element.h>
#include <knobscope/reduce.h>

using namespace knobscope;

// The sum of a warp's values, in every one of its threads.
__device__ float warp_sum(float value) { return __shfl_sync(kWholeWarp, warp_reduce(value), 0); }

extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void layernorm(
    const Element* __restrict__ x, const Element* __restrict__ gamma, const Element* __restrict__ beta,
    Element* __restrict__ y, float* __restrict__ mean, float* __restrict__ rstd, Index rows, Index columns,
    float epsilon) {
  const int lane = threadIdx.x % kWarp;
  const Index row = blockIdx.x * static_cast<Index>(KNOB_BLOCK / kWarp) + threadIdx.x / kWarp;
  if (row >= rows) return;  // the whole warp or none of it: nobody is missing in a shuffle
  x += row * columns;
  y += row * columns;

  const float sum = fold_in_chains<float>(
      lane, columns, kWarp, [&](float chain, Index column) { return chain + to_float(x[column]); });
  const float row_mean = warp_sum(sum) / columns;

  const float squares = fold_in_chains<float>(lane, columns, kWarp, [&](float chain, Index column) {
    const float distance = to_float(x[column]) - row_mean;
    return chain + distance * distance;
  });
  const float row_rstd = rsqrtf(warp_sum(squares) / columns + epsilon);
  if (lane == 0) {
    mean[row] = row_mean;
    rstd[row] = row_rstd;
  }

  for (Index column = lane; column < columns; column += kWarp) {
    const float normalized = (to_float(x[column]) - row_mean) * row_rstd;
    y[column] = from_float<Element>(normalized * to_float(gamma[column]) + to_float(beta[column]));
  }
}
