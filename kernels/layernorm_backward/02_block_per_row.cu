/* knobscope
title = "Block per row, then a kernel for the columns"
idea = """
A tensor has two directions, and each gets a launch that suits it. In the first a block owns a row: its threads bring \
the row's two sums together in shared memory, and go along it once more for dx. In the second a block owns 32 columns, \
a warp's width, so that each load is a whole line of memory; its warps go down the rows, each at every so many-th, and \
meet at the bottom. No atomics, the same bits in every run. But everything is read twice, if not three times, and \
short rows leave the second launch with few blocks: with 768 columns there are 24. The knob that matters is block: \
in the second launch it is the number of loads that are under way."""
operation = "layernorm_backward"
types = ["f32", "f16", "bf16"]

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 512
help = "threads in a block, which share one row, or 32 columns"

[[launches]]
entry = "along_rows"
grid = "rows"
block = "block"
arguments = ["x", "dy", "gamma", "mean", "rstd", "dx", "columns"]

[[launches]]
entry = "down_columns"
grid = "ceil_div(columns, 32)"
block = "block"
arguments = ["x", "dy", "mean", "rstd", "dgamma", "dbeta", "rows", "columns"]

[traffic]
reads = "6 * elements * element_size + columns * element_size + 8 * rows + 8 * rows * ceil_div(columns, 32)"
writes = "elements * element_size + 2 * columns * element_size"
note = """
x and dy twice in the first launch, the second time from a cache if the row is no longer than a few thousand elements, \
and once in the second launch."""

[numerics]
accumulate = "f32"
note = "Chains of 128 additions along the row and down the column, then fixed orders."
deterministic = true

[source]
note = "How frameworks have done it for years: one kernel for the input's gradient, one for gamma's and beta's."
*/

#include <knobscope/element.h>
#include <knobscope/reduce.h>

using namespace knobscope;

extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void along_rows(
    const Element* __restrict__ x, const Element* __restrict__ dy, const Element* __restrict__ gamma,
    const float* __restrict__ mean, const float* __restrict__ rstd, Element* __restrict__ dx, Index columns) {
  const Index row = blockIdx.x;
  x += row * columns;
  dy += row * columns;
  dx += row * columns;
  const float row_mean = mean[row];
  const float row_rstd = rstd[row];

  // Two sums at once, of w = dy * gamma and of w * xhat, where xhat is the normalized x.
  float2 sums = fold_in_chains<float2>(threadIdx.x, columns, KNOB_BLOCK, [&](float2 chain, Index column) {
    const float xhat = (to_float(x[column]) - row_mean) * row_rstd;
    const float w = to_float(dy[column]) * to_float(gamma[column]);
    return merge(chain, make_float2(w, w * xhat));
  });
  sums = block_reduce<KNOB_BLOCK>(sums);
  const float mean_w = sums.x / columns;
  const float mean_w_xhat = sums.y / columns;

#pragma unroll 4
  for (Index column = threadIdx.x; column < columns; column += KNOB_BLOCK) {
    const float xhat = (to_float(x[column]) - row_mean) * row_rstd;
    const float w = to_float(dy[column]) * to_float(gamma[column]);
    dx[column] = from_float<Element>(row_rstd * (w - mean_w - xhat * mean_w_xhat));
  }
}

extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void down_columns(
    const Element* __restrict__ x, const Element* __restrict__ dy, const float* __restrict__ mean,
    const float* __restrict__ rstd, Element* __restrict__ dgamma, Element* __restrict__ dbeta, Index rows,
    Index columns) {
  constexpr int kWarps = KNOB_BLOCK / kWarp;
  __shared__ float2 of_warps[kWarps][kWarp];
  const int lane = threadIdx.x % kWarp;
  const int warp = threadIdx.x / kWarp;
  const Index column = blockIdx.x * Index{kWarp} + lane;
  const bool exists = column < columns;

  // x: the sum of dy * xhat, y: the sum of dy.
  of_warps[warp][lane] = fold_in_chains<float2, 8>(warp, exists ? rows : 0, kWarps, [&](float2 chain, Index row) {
    const Index i = row * columns + column;
    const float xhat = (to_float(x[i]) - mean[row]) * rstd[row];
    const float gradient = to_float(dy[i]);
    return merge(chain, make_float2(gradient * xhat, gradient));
  });
  __syncthreads();

  if (warp == 0 && exists) {
    float2 sums{};
    for (int i = 0; i < kWarps; ++i) sums = merge(sums, of_warps[i][lane]);
    dgamma[column] = from_float<Element>(sums.x);
    dbeta[column] = from_float<Element>(sums.y);
  }
}
