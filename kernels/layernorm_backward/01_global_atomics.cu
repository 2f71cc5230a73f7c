/* knobscope
title = "Global atomics, element by element"
idea = """
One thread per element, and no thread talks to another: each adds its terms to all four sums that they belong to, two \
of its row and two of its column, with atomics in global memory. A second launch has the row's sums and writes dx. \
Loads and stores could not be better, neighbours read neighbours. But all threads of a warp belong to the same row, \
and so half of the atomics queue at one address, and the only knob, block, shortens no queue."""
operation = "layernorm_backward"
types = ["f32", "f16", "bf16"]

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 256
help = "threads in a block; the queue at the address of a row is as long with any"

[[buffers]]
name = "row_sums"
type = "f64"
count = "2 * rows"
clear = true

[[buffers]]
name = "column_sums"
type = "f64"
count = "2 * columns"
clear = true

[[launches]]
entry = "add_terms"
grid = "ceil_div(elements, block)"
block = "block"
arguments = ["x", "dy", "gamma", "mean", "rstd", "row_sums", "column_sums", "rows", "columns"]

[[launches]]
entry = "apply"
grid = "ceil_div(elements, block)"
block = "block"
arguments = ["x", "dy", "gamma", "mean", "rstd", "row_sums", "dx", "rows", "columns"]

[[launches]]
entry = "round_sums"
grid = "ceil_div(columns, block)"
block = "block"
arguments = ["column_sums", "dgamma", "dbeta", "columns"]

[traffic]
reads = "4 * elements * element_size + 2 * columns * element_size + 32 * elements + 32 * rows + 16 * columns"
writes = "elements * element_size + 2 * columns * element_size + 32 * elements"
note = """
x and dy once per launch, and four atomics for every element, which read and write 8 bytes each in the L2 cache."""

[numerics]
accumulate = "f64"
note = """
Added up in double, so the order does not matter much; but it changes from run to run, because atomics arrive in \
whatever order, and with it, rarely, the last bit of a result."""
deterministic = false

[source]
note = "What a first translation from formulas to a GPU looks like."
*/

#include <knobscope/element.h>

using namespace knobscope;

extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void add_terms(
    const Element* __restrict__ x, const Element* __restrict__ dy, const Element* __restrict__ gamma,
    const float* __restrict__ mean, const float* __restrict__ rstd, double* row_sums, double* column_sums, Index rows,
    Index columns) {
  const Index i = blockIdx.x * static_cast<Index>(KNOB_BLOCK) + threadIdx.x;
  if (i >= rows * columns) return;
  const Index row = i / columns;
  const Index column = i % columns;

  const float xhat = (to_float(x[i]) - mean[row]) * rstd[row];
  const float gradient = to_float(dy[i]);
  const float w = gradient * to_float(gamma[column]);
  atomicAdd(&row_sums[2 * row], static_cast<double>(w));
  atomicAdd(&row_sums[2 * row + 1], static_cast<double>(w * xhat));
  atomicAdd(&column_sums[column], static_cast<double>(gradient * xhat));
  atomicAdd(&column_sums[columns + column], static_cast<double>(gradient));
}

// The sums must be complete before the first dx is made from them: that is why this is a launch of its own.
extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void apply(
    const Element* __restrict__ x, const Element* __restrict__ dy, const Element* __restrict__ gamma,
    const float* __restrict__ mean, const float* __restrict__ rstd, const double* __restrict__ row_sums,
    Element* __restrict__ dx, Index rows, Index columns) {
  const Index i = blockIdx.x * static_cast<Index>(KNOB_BLOCK) + threadIdx.x;
  if (i >= rows * columns) return;
  const Index row = i / columns;
  const Index column = i % columns;

  const float xhat = (to_float(x[i]) - mean[row]) * rstd[row];
  const float w = to_float(dy[i]) * to_float(gamma[column]);
  const float mean_w = static_cast<float>(row_sums[2 * row] / columns);
  const float mean_w_xhat = static_cast<float>(row_sums[2 * row + 1] / columns);
  dx[i] = from_float<Element>(rstd[row] * (w - mean_w - xhat * mean_w_xhat));
}

extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void round_sums(
    const double* __restrict__ column_sums, Element* __restrict__ dgamma, Element* __restrict__ dbeta, Index columns) {
  const Index column = blockIdx.x * static_cast<Index>(KNOB_BLOCK) + threadIdx.x;
  if (column >= columns) return;
  dgamma[column] = from_float<Element>(static_cast<float>(column_sums[column]));
  dbeta[column] = from_float<Element>(static_cast<float>(column_sums[columns + column]));
}
