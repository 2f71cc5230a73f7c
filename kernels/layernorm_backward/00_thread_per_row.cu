/* knobscope
title = "Thread per row, columns by atomics"
idea = """
One thread takes a row and does what a loop on a CPU would do: once along it for the two sums, once more for dx. But \
gamma's and beta's gradients are sums down the columns, and there every row has a term for every column: the threads \
add theirs with atomics in global memory. The 32 threads of a warp are at the same column of 32 rows, so their loads \
are 32 far-away pieces, and their atomics all go to the same address, one after the other. The only knob, block, \
matters little: small ones spread few rows over more multiprocessors."""
operation = "layernorm_backward"
types = ["f32", "f16", "bf16"]

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 64
help = "threads in a block, each with a row of its own"

[[buffers]]
name = "dgamma_sums"
type = "f64"
count = "columns"
clear = true

[[buffers]]
name = "dbeta_sums"
type = "f64"
count = "columns"
clear = true

[[launches]]
entry = "backward"
grid = "ceil_div(rows, block)"
block = "block"
arguments = ["x", "dy", "gamma", "mean", "rstd", "dx", "dgamma_sums", "dbeta_sums", "rows", "columns"]

[[launches]]
entry = "round_sums"
grid = "ceil_div(columns, block)"
block = "block"
arguments = ["dgamma_sums", "dbeta_sums", "dgamma", "dbeta", "columns"]

[traffic]
reads = "4 * elements * element_size + columns * element_size + 8 * rows + 16 * elements + 16 * columns"
writes = "elements * element_size + 2 * columns * element_size + 16 * elements"
note = """
x and dy twice, if every 32-byte sector stays in a cache until all of it is used; where it does not, a sector is \
fetched again for each of its elements. Two atomics for every element, which read and write 8 bytes each in the L2 \
cache."""

[numerics]
accumulate = "f32 along rows, f64 down columns"
note = """
A row's sums are chains of 128 additions. Columns are added up in double: in float, thousands of terms in whatever \
order would lose digits. The order in which atomics arrive changes from run to run, and with it, rarely, the last \
bit."""
deterministic = false

[source]
note = "The loop of a CPU, given to a GPU's threads."
*/

#include <knobscope/element.h>
#include <knobscope/reduce.h>

using namespace knobscope;

extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void backward(
    const Element* __restrict__ x, const Element* __restrict__ dy, const Element* __restrict__ gamma,
    const float* __restrict__ mean, const float* __restrict__ rstd, Element* __restrict__ dx, double* dgamma_sums,
    double* dbeta_sums, Index rows, Index columns) {
  const Index row = blockIdx.x * static_cast<Index>(KNOB_BLOCK) + threadIdx.x;
  if (row >= rows) return;
  x += row * columns;
  dy += row * columns;
  dx += row * columns;
  const float row_mean = mean[row];
  const float row_rstd = rstd[row];

  // Two sums at once, of w = dy * gamma and of w * xhat, where xhat is the normalized x.
  const float2 sums = fold_in_chains<float2>(0, columns, 1, [&](float2 chain, Index column) {
    const float xhat = (to_float(x[column]) - row_mean) * row_rstd;
    const float w = to_float(dy[column]) * to_float(gamma[column]);
    return merge(chain, make_float2(w, w * xhat));
  });
  const float mean_w = sums.x / columns;
  const float mean_w_xhat = sums.y / columns;

  for (Index column = 0; column < columns; ++column) {
    const float xhat = (to_float(x[column]) - row_mean) * row_rstd;
    const float gradient = to_float(dy[column]);
    atomicAdd(&dgamma_sums[column], static_cast<double>(gradient * xhat));
    atomicAdd(&dbeta_sums[column], static_cast<double>(gradient));
    dx[column] = from_float<Element>(row_rstd * (gradient * to_float(gamma[column]) - mean_w - xhat * mean_w_xhat));
  }
}

extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void round_sums(
    const double* __restrict__ dgamma_sums, const double* __restrict__ dbeta_sums, Element* __restrict__ dgamma,
    Element* __restrict__ dbeta, Index columns) {
  const Index column = blockIdx.x * static_cast<Index>(KNOB_BLOCK) + threadIdx.x;
  if (column >= columns) return;
  dgamma[column] = from_float<Element>(static_cast<float>(dgamma_sums[column]));
  dbeta[column] = from_float<Element>(static_cast<float>(dbeta_sums[column]));
}
