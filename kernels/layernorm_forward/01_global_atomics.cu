/* knobscope
title = "Global atomics, element by element"
idea = """
One thread per element, and every thread adds its element to its row's sum with an atomic in global memory. Nothing \
could be simpler, and it is right. But millions of additions to one address happen one after the other, so the \
memory system waits in a queue while its bandwidth lies idle."""
operation = "layernorm_forward"
types = ["f32", "f16", "bf16"]

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 256
help = "threads in a block; the queue at the row's address is as long with any"

[[buffers]]
name = "row_sums"
type = "f64"
count = "rows"
clear = true

[[buffers]]
name = "row_squares"
type = "f64"
count = "rows"
clear = true

[[launches]]
entry = "add_values"
grid = "ceil_div(elements, block)"
block = "block"
arguments = ["x", "row_sums", "elements", "columns"]

[[launches]]
entry = "add_squares"
grid = "ceil_div(elements, block)"
block = "block"
arguments = ["x", "row_sums", "row_squares", "elements", "columns"]

[[launches]]
entry = "apply"
grid = "ceil_div(elements, block)"
block = "block"
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "row_sums", "row_squares", "elements", "columns", "epsilon"]

[traffic]
reads = "3 * elements * element_size + 2 * columns * element_size"
writes = "elements * element_size + 8 * rows"
note = "x once per launch. The atomics stay in the L2 cache and are not counted, though they take nearly all the time."

[numerics]
accumulate = "f64"
note = """
A float that has grown to a million no longer notices small additions: 4 million of them to one float would lose \
four digits. So the sums are doubles. Atomics come in any order, so the last bit of a double may change from run to \
run; after rounding to float it hardly ever shows."""
deterministic = false

[source]
note = "What a first version often looks like, with sums that are right."
*/

#include <knobscope/element.h>

using namespace knobscope;

extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void add_values(
    const Element* x, double* row_sums, Index elements, Index columns) {
  const Index i = blockIdx.x * static_cast<Index>(KNOB_BLOCK) + threadIdx.x;
  if (i >= elements) return;
  atomicAdd(&row_sums[i / columns], static_cast<double>(to_float(x[i])));
}

// The mean must be complete before the first distance to it is taken: that is why this is a launch of its own.
extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void add_squares(
    const Element* x, const double* row_sums, double* row_squares, Index elements, Index columns) {
  const Index i = blockIdx.x * static_cast<Index>(KNOB_BLOCK) + threadIdx.x;
  if (i >= elements) return;
  const Index row = i / columns;
  const double distance = to_float(x[i]) - row_sums[row] / columns;
  atomicAdd(&row_squares[row], distance * distance);
}

extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void apply(
    const Element* x, const Element* gamma, const Element* beta, Element* y, float* mean, float* rstd,
    const double* row_sums, const double* row_squares, Index elements, Index columns, float epsilon) {
  const Index i = blockIdx.x * static_cast<Index>(KNOB_BLOCK) + threadIdx.x;
  if (i >= elements) return;
  const Index row = i / columns;
  const Index column = i % columns;

  const double row_mean = row_sums[row] / columns;
  const float variance = static_cast<float>(row_squares[row] / columns);
  const float row_rstd = 1.0F / sqrtf(variance + epsilon);
  const float normalized = static_cast<float>(to_float(x[i]) - row_mean) * row_rstd;
  y[i] = from_float<Element>(normalized * to_float(gamma[column]) + to_float(beta[column]));

  if (column == 0) {
    mean[row] = static_cast<float>(row_mean);
    rstd[row] = row_rstd;
  }
}
