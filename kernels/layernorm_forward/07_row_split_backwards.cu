/* knobscope
title = "Row split, read again backwards"
idea = """
Two launches again. But the L2 cache is large, and when the first launch ends it holds what was read last; a second \
launch that begins where the first one began finds nothing of it, and pushes out piece by piece what it will want at \
its own end. So the second launch begins at the end. On paper that saves all that the cache can hold; in fact y comes \
in as fast as x is read again, and pushes it out. So y may be written with the hint that nobody needs it soon. The \
knob that matters is backwards, and how little it does for a tensor many times the cache's size; then hint."""
operation = "layernorm_forward"
types = ["f32", "f16", "bf16"]

[knobs.backwards]
values = [0, 1]
default = 1
help = "1: the second launch begins with what the first one read last; 0: where that one began"

[knobs.hint]
values = [0, 1, 2]
default = 0
help = "hint of the stores of y: 0 none, 1 streaming (st.cs), 2 the L2 cache gives it up first"

[knobs.splits]
values = [1, 2, 4, 8, 16, 32, 33, 64, 66, 128, 132, 256, 264, 512]
default = 256
help = "parts of a row, a block each; rows * splits blocks should fill every multiprocessor"

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 256
help = "threads in a block, which share one part of a row"

[[buffers]]
name = "partials"
type = "f32"
count = "rows * splits * 3"

# All parts 0 first, then all parts 1, ...
[[launches]]
entry = "gather_moments"
grid = ["rows", "splits"]
block = "block"
arguments = ["x", "partials", "columns"]

[[launches]]
entry = "apply"
grid = ["rows", "splits"]
block = "block"
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "partials", "columns", "epsilon"]

[traffic]
reads = "2 * elements * element_size + 2 * columns * element_size + rows * splits * splits * 12"
writes = "elements * element_size + 8 * rows + rows * splits * 12"
note = """
x once per launch, less what the L2 cache has kept for the second, and the partials of its row by every block."""

[numerics]
accumulate = "f32"
note = """
A pack's moments are taken about its own mean, and everything above is merged by Chan: right for any mean, with \
short chains. The mean is rounded to a float, which shows in y from a hundred times the spread on."""
deterministic = true

[source]
note = "Reading a loop's data again from the end: an old trick for caches that forget the oldest."
*/

#include <knobscope/row_parts.h>

using namespace knobscope;

constexpr Hint kHint = KNOB_HINT == 0 ? Hint::none : KNOB_HINT == 1 ? Hint::streaming : Hint::evict_first;

extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void gather_moments(
    const Element* __restrict__ x, Moments* __restrict__ partials, Index columns) {
  const Index row = blockIdx.x;
  const Index part = blockIdx.y;
  const Stretch stretch = part_of_row(row * columns, columns, part, KNOB_SPLITS);
  const Moments moments = moments_of<KNOB_BLOCK>(x, stretch);
  if (threadIdx.x == 0) partials[row * KNOB_SPLITS + part] = moments;
}

extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void apply(
    const Element* __restrict__ x, const Element* __restrict__ gamma, const Element* __restrict__ beta,
    Element* __restrict__ y, float* __restrict__ mean, float* __restrict__ rstd, const Moments* __restrict__ partials,
    Index columns, float epsilon) {
  // Blocks start in the order of their numbers: what was read last comes first.
  const Index row = KNOB_BACKWARDS ? gridDim.x - 1 - blockIdx.x : blockIdx.x;
  const Index part = KNOB_BACKWARDS ? gridDim.y - 1 - blockIdx.y : blockIdx.y;
  const Index first = row * columns;

  const Moments moments = merged_parts<KNOB_BLOCK>(partials + row * KNOB_SPLITS, KNOB_SPLITS);
  const float row_rstd = rsqrtf(moments.m2 / columns + epsilon);
  if (part == 0 && threadIdx.x == 0) {
    mean[row] = moments.mean;
    rstd[row] = row_rstd;
  }

  const Stretch stretch = part_of_row(first, columns, part, KNOB_SPLITS);
  apply_to<KNOB_BLOCK, kHint>(x, gamma, beta, y, first, stretch, moments.mean, row_rstd);
}
