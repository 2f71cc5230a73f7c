/* knobscope
title = "Row split, read again backwards"
idea = """
Two launches again. But the L2 cache is large, and when the first launch ends it holds what was read last; a second \
launch that begins where the first one began finds nothing of it, and pushes out piece by piece what it will want at \
its own end. So the second launch begins at the end: a block works through the rows of its slab of columns, first \
downwards, then upwards, and y is written with the hint that nobody needs it again. Turn the knob backwards to see \
what the order alone is worth. The other knob is streaming; splits and rows_each must give every multiprocessor the \
same number of blocks."""
operation = "layernorm_forward"
types = ["f32", "f16", "bf16"]

[knobs.backwards]
values = [0, 1]
default = 1
help = "1: the second launch begins with what the first one read last; 0: where that one began"

[knobs.streaming]
values = [0, 1]
default = 1
help = "1: the caches give up y first, and keep x"

[knobs.splits]
values = [1, 2, 4, 8, 16, 32, 33, 64, 66, 128, 132, 256, 264, 528]
default = 264
help = "slabs of columns, a block each"

[knobs.rows_each]
values = [1, 2, 4, 8, 16, 32, 64, 128, 256]
default = 16
help = "rows that a block works through"

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 512
help = "threads in a block, which share a row of a slab at a time"

[[buffers]]
name = "partials"
type = "f32"
count = "rows * splits * 3"

[[launches]]
entry = "gather_moments"
grid = ["splits", "ceil_div(rows, rows_each)"]
block = "block"
arguments = ["x", "partials", "rows", "columns"]

[[launches]]
entry = "apply"
grid = ["splits", "ceil_div(rows, rows_each)"]
block = "block"
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "partials", "rows", "columns", "epsilon"]

[traffic]
reads = "2 * elements * element_size + 2 * columns * element_size + rows * splits * splits * 12"
writes = "elements * element_size + 8 * rows + rows * splits * 12"
note = """
x once per launch, less what the L2 cache has kept for the second: of 268 MB some 40, on a GPU with 50 or 60 MB of it. \
gamma and beta once, if a block's own cache keeps its slab of them from row to row."""

[numerics]
accumulate = "f32"
note = """
A pack's moments are taken about its own mean, and everything above is merged by Chan: right for any mean, with \
short chains. The mean is rounded to a float, which shows in y when it is a thousand times the spread."""
deterministic = true

[source]
note = "Reading a loop's data again from the end: an old trick for caches that forget the oldest."
*/

#include <knobscope/row_parts.h>

using namespace knobscope;

extern "C" __global__ void __launch_bounds__(KNOB_BLOCK)
gather_moments(const Element* __restrict__ x, Moments* __restrict__ partials, Index rows, Index columns) {
  const Index part = blockIdx.x;
  const Index begin = Index{blockIdx.y} * KNOB_ROWS_EACH;
  const Index end = min(begin + KNOB_ROWS_EACH, rows);
  for (Index row = begin; row < end; ++row) {
    const Moments moments = moments_of<KNOB_BLOCK>(x, part_of_row(row * columns, columns, part, KNOB_SPLITS));
    if (threadIdx.x == 0) partials[row * KNOB_SPLITS + part] = moments;
  }
}

extern "C" __global__ void __launch_bounds__(KNOB_BLOCK)
apply(const Element* __restrict__ x, const Element* __restrict__ gamma, const Element* __restrict__ beta,
      Element* __restrict__ y, float* __restrict__ mean, float* __restrict__ rstd,
      const Moments* __restrict__ partials, Index rows, Index columns, float epsilon) {
  // Blocks start in order, and what a block does follows from its number: the last ones' work comes first here.
  const Index part = KNOB_BACKWARDS ? KNOB_SPLITS - 1 - static_cast<Index>(blockIdx.x) : blockIdx.x;
  const Index group = KNOB_BACKWARDS ? gridDim.y - 1 - static_cast<Index>(blockIdx.y) : blockIdx.y;
  const Index begin = group * KNOB_ROWS_EACH;
  const Index end = min(begin + KNOB_ROWS_EACH, rows);
  for (Index i = begin; i < end; ++i) {
    const Index row = KNOB_BACKWARDS ? end - 1 - (i - begin) : i;
    const Moments moments = merged_parts<KNOB_BLOCK>(partials + row * KNOB_SPLITS, KNOB_SPLITS);
    const float row_rstd = rsqrtf(moments.m2 / columns + epsilon);
    if (part == 0 && threadIdx.x == 0) {
      mean[row] = moments.mean;
      rstd[row] = row_rstd;
    }
    const Index first = row * columns;
    const Stretch stretch = part_of_row(first, columns, part, KNOB_SPLITS);
    constexpr Hint kHint = KNOB_STREAMING ? Hint::streaming : Hint::none;
    apply_to<KNOB_BLOCK, kHint>(x, gamma, beta, y, first, stretch, moments.mean, row_rstd);
  }
}
