/* knobscope
title = "Row split over several blocks"
idea = """
A few huge rows leave most of the GPU idle when a row has one block. Here a row is cut into parts, a block each: the \
first launch leaves every part's moments in memory, the second merges those of its row by Chan's formula and applies \
them to its part. The end of the first launch is the meeting point that the blocks need. The knob that matters is \
splits: enough blocks to fill the GPU, each with enough of the row to be worth a start and a merge."""
operation = "layernorm_forward"
types = ["f32", "f16", "bf16"]

[knobs.splits]
values = [1, 2, 4, 8, 16, 32, 33, 64, 66, 128, 132, 256]
default = 32
help = "parts of a row, a block each; rows * splits blocks should fill every multiprocessor"

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 512
help = "threads in a block, which share one part of a row"

[[buffers]]
name = "partials"
type = "f32"
count = "rows * splits * 3"

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
x once per launch, and the partials of its row by every block. A tensor that fits the L2 cache is still there for the \
second launch; of a larger one that launch begins with what was read first and is long gone."""

[numerics]
accumulate = "f32"
note = """
A pack's moments are taken about its own mean, and everything above is merged by Chan: right for any mean, with \
short chains. The mean is rounded to a float, which shows in y from a hundred times the spread on."""
deterministic = true

[source]
note = "Chan, Golub and LeVeque, The American Statistician 37 (1983)."
*/

#include <knobscope/row_parts.h>

using namespace knobscope;

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
  const Index row = blockIdx.x;
  const Index part = blockIdx.y;
  const Index first = row * columns;

  const Moments moments = merged_parts<KNOB_BLOCK>(partials + row * KNOB_SPLITS, KNOB_SPLITS);
  const float row_rstd = rsqrtf(moments.m2 / columns + epsilon);
  if (part == 0 && threadIdx.x == 0) {
    mean[row] = moments.mean;
    rstd[row] = row_rstd;
  }

  const Stretch stretch = part_of_row(first, columns, part, KNOB_SPLITS);
  apply_to<KNOB_BLOCK>(x, gamma, beta, y, first, stretch, moments.mean, row_rstd);
}
