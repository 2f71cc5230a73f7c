/* knobscope
title = "Mean, variance and apply as three kernels"
idea = """
Each formula of the definition becomes a launch: one block a row adds up for the mean, one for the variance, and one \
thread an element applies them. The atomics are gone and what a launch needs is finished before it starts. But \
between two launches everything goes through memory: x comes three times from DRAM unless all of it fits the L2 \
cache, where one kernel that stays with a row would find it in a cache. The last launch fills the GPU even for 16 \
rows, the first two do not; there the block matters, because it is all the threads a row has."""
operation = "layernorm_forward"
types = ["f32", "f16", "bf16"]

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 256
help = "threads in a block: those that share a row in the first two launches"

[[launches]]
entry = "find_mean"
grid = "rows"
block = "block"
arguments = ["x", "mean", "columns"]

[[launches]]
entry = "find_rstd"
grid = "rows"
block = "block"
arguments = ["x", "mean", "rstd", "columns", "epsilon"]

[[launches]]
entry = "apply"
grid = "ceil_div(elements, block)"
block = "block"
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "elements", "columns"]

[traffic]
reads = "3 * elements * element_size + 2 * columns * element_size + 12 * rows"
writes = "elements * element_size + 8 * rows"
note = "x once per launch. The mean is read twice and rstd once: those two outputs are also what the launches exchange."

[numerics]
accumulate = "f32"
note = """
Squares of distances from the mean, in short chains. The mean is rounded to a float when it is stored, which shows in \
y from a hundred times the spread on."""
deterministic = true

[source]
note = "What a framework runs when it has these three operations and no fused one."
*/

#include <knobscope/element.h>
#include <knobscope/reduce.h>

using namespace knobscope;

extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void find_mean(
    const Element* __restrict__ x, float* __restrict__ mean, Index columns) {
  const Index row = blockIdx.x;
  x += row * columns;

  const float sum = fold_in_chains<float>(
      threadIdx.x, columns, KNOB_BLOCK, [&](float chain, Index column) { return chain + to_float(x[column]); });
  const float row_sum = block_reduce<KNOB_BLOCK>(sum);
  if (threadIdx.x == 0) mean[row] = row_sum / columns;
}

extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void find_rstd(
    const Element* __restrict__ x, const float* __restrict__ mean, float* __restrict__ rstd, Index columns,
    float epsilon) {
  const Index row = blockIdx.x;
  x += row * columns;
  const float row_mean = mean[row];

  const float squares = fold_in_chains<float>(threadIdx.x, columns, KNOB_BLOCK, [&](float chain, Index column) {
    const float distance = to_float(x[column]) - row_mean;
    return chain + distance * distance;
  });
  const float row_squares = block_reduce<KNOB_BLOCK>(squares);
  if (threadIdx.x == 0) rstd[row] = rsqrtf(row_squares / columns + epsilon);
}

extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void apply(
    const Element* __restrict__ x, const Element* __restrict__ gamma, const Element* __restrict__ beta,
    Element* __restrict__ y, const float* __restrict__ mean, const float* __restrict__ rstd, Index elements,
    Index columns) {
  const Index i = blockIdx.x * static_cast<Index>(KNOB_BLOCK) + threadIdx.x;
  if (i >= elements) return;
  const Index row = i / columns;
  const Index column = i % columns;

  const float normalized = (to_float(x[i]) - mean[row]) * rstd[row];
  y[i] = from_float<Element>(normalized * to_float(gamma[column]) + to_float(beta[column]));
}
