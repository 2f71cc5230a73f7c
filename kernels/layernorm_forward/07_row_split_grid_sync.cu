/* knobscope
title = "Row split, blocks meet in the grid"
idea = """
One launch of as many blocks as the GPU can hold at once, and they stay. A cooperative launch promises that all of \
them are alive together, so they may wait for each other at a barrier of the whole grid. They share a few rows at a \
time: gather a part, meet, apply the part, go on to the next rows. Between the two looks at a part lies only one \
meeting, so it is still in the L2 cache, or in the multiprocessor's own. The knob that matters is rows_at_once: with \
one huge row a step x is surely found in the L2 cache but the GPU stops for every row's meeting, about a microsecond; \
with all rows in one step it meets once and reads x from DRAM twice. Short rows, whole, need hundreds at once."""
operation = "layernorm_forward"
types = ["f32", "f16", "bf16"]

[knobs.rows_at_once]
values = [1, 2, 3, 4, 8, 16, 33, 66, 132, 264, 528, 1056]
default = 4
help = "rows between two meetings; rows_at_once * splits pieces should give every block the same number"

[knobs.splits]
values = [1, 2, 4, 8, 16, 32, 33, 64, 66, 128, 132, 256, 264]
default = 32
help = "parts of a row, if it is long enough to give every thread of each an element"

[knobs.blocks_per_sm]
values = [1, 2, 3, 4, 8]
default = 1
help = "blocks on each multiprocessor, which take the pieces in turn"

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 512
help = "threads in a block, which share one part of a row"

[[requires]]
condition = "block * blocks_per_sm <= max_threads_per_sm"
reason = "blocks that meet must all be alive at once, and a multiprocessor has not that many threads"

[[buffers]]
name = "partials"
type = "f32"
count = "2 * rows_at_once * splits * 3"

# All multiprocessors, but no more blocks than a step has pieces.
[[launches]]
entry = "layernorm"
cooperative = true
grid = "min(sm_count * blocks_per_sm, min(rows, rows_at_once) * min(splits, ceil_div(columns, block)))"
block = "block"
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "partials", "rows", "columns", "epsilon"]

[traffic]
reads = "2 * elements * element_size + 2 * columns * element_size"
writes = "elements * element_size + 8 * rows"
note = """
x twice, the second time from the L2 cache if the rows of a step fit it: the reads from DRAM are then nearly half. \
The partials are a few kilobytes, written over and over, and never leave the L2 cache."""

[numerics]
accumulate = "f32"
note = """
A pack's moments are taken about its own mean, and everything above is merged by Chan: right for any mean, with short \
chains. How a row is cut does not depend on how many blocks there are to share the parts, so the bits are the same in \
every run and on every GPU. The mean is rounded to a float, which shows in y from a hundred times the spread on."""
deterministic = true

[source]
note = "Cooperative groups, CUDA programming guide."
*/

#include <cooperative_groups.h>
#include <knobscope/row_parts.h>

using namespace knobscope;

// partials are written and read within the launch: they must not be promised to be constant.
extern "C" __global__ __launch_bounds__(KNOB_BLOCK, KNOB_BLOCKS_PER_SM) void layernorm(
    const Element* __restrict__ x, const Element* __restrict__ gamma, const Element* __restrict__ beta,
    Element* __restrict__ y, float* __restrict__ mean, float* __restrict__ rstd, Moments* partials, Index rows,
    Index columns, float epsilon) {
  const Index blocks = gridDim.x;
  const Index parts = min(Index{KNOB_SPLITS}, (columns + KNOB_BLOCK - 1) / KNOB_BLOCK);

  // Two sets of partials in turn: nobody can be two meetings behind, so what is written over has been read by all.
  Moments* here = partials;
  Moments* there = partials + KNOB_SPLITS * KNOB_ROWS_AT_ONCE;

  for (Index first_row = 0; first_row < rows; first_row += KNOB_ROWS_AT_ONCE) {
    // A piece is a part of one of this step's rows.
    const Index pieces = min(Index{KNOB_ROWS_AT_ONCE}, rows - first_row) * parts;
    for (Index piece = blockIdx.x; piece < pieces; piece += blocks) {
      const Index first = (first_row + piece / parts) * columns;
      const Moments of_part = moments_of<KNOB_BLOCK>(x, part_of_row(first, columns, piece % parts, parts));
      if (threadIdx.x == 0) here[piece] = of_part;
    }

    cooperative_groups::this_grid().sync();

    for (Index piece = blockIdx.x; piece < pieces; piece += blocks) {
      const Index row = first_row + piece / parts;
      const Index part = piece % parts;
      const Moments of_row = merged_parts<KNOB_BLOCK>(here + piece / parts * parts, parts);
      const float row_rstd = rsqrtf(of_row.m2 / columns + epsilon);
      if (part == 0 && threadIdx.x == 0) {
        mean[row] = of_row.mean;
        rstd[row] = row_rstd;
      }
      const Index first = row * columns;
      apply_to<KNOB_BLOCK>(x, gamma, beta, y, first, part_of_row(first, columns, part, parts), of_row.mean, row_rstd);
    }

    Moments* const done = here;
    here = there;
    there = done;
  }
}
