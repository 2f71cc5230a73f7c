/* knobscope
title = "Row split, one launch, work by ticket"
idea = """
Splitting rows over blocks needs a meeting point, and the end of a launch is an expensive one: by then all of x has \
passed, and the second launch reads it from DRAM again. Here one launch does both. A block takes a number when it \
starts, and the number says what it does: gather a part of a row, or apply a part of one gathered a little before. Of \
the blocks that gather a row the last one, told by a second counter, merges the parts and puts up the row's flag. \
Numbers are handed out in order, so whatever a block waits for was taken by one that is already running: nobody waits \
forever, however few blocks fit the GPU. The knob that matters is ahead: with 1 the blocks wait for the flag, with \
many the row has left the L2 cache before it is read again; splits must give the GPU enough blocks of one row."""
operation = "layernorm_forward"
types = ["f32", "f16", "bf16"]

[knobs.ahead]
values = [1, 2, 3, 4, 8, 16, 64]
default = 2
help = "rows gathered before the first is applied"

[knobs.splits]
values = [1, 2, 4, 8, 16, 32, 33, 64, 66, 128, 132, 256]
default = 32
help = "parts of a row, a block each"

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 512
help = "threads in a block, which share one part of a row"

[[buffers]]
name = "partials"
type = "f32"
count = "rows * splits * 3"

[[buffers]]
name = "arrived"
type = "u32"
count = "rows"
clear = true

[[buffers]]
name = "next_ticket"
type = "u32"
count = "1"
clear = true

# Every part of every row, once to gather and once to apply.
[[launches]]
entry = "layernorm"
grid = "2 * rows * splits"
block = "block"
arguments = [
  "x", "gamma", "beta", "y", "mean", "rstd", "partials", "arrived", "next_ticket", "rows", "columns", "epsilon",
]

[traffic]
reads = "2 * elements * element_size + 2 * columns * element_size + rows * splits * 12"
writes = "elements * element_size + 8 * rows + rows * splits * 12"
note = """
x twice, the second time from the L2 cache where it holds the rows between: the reads from DRAM are then nearly half. \
Clearing the counters before each run is part of the time."""

[numerics]
accumulate = "f32"
note = """
A pack's moments are taken about its own mean, and everything above is merged by Chan: right for any mean, with short \
chains. Which block merges a row depends on luck, the order in which it merges does not: the bits are the same in \
every run. The mean is rounded to a float, which shows in y from a hundred times the spread on."""
deterministic = true

[source]
note = """
The last block of the CUDA sample threadFenceReduction, and the order by ticket of single-pass scans: Merrill and \
Garland, NVIDIA technical report NVR-2016-002."""
*/

#include <knobscope/last_block.h>
#include <knobscope/row_parts.h>

using namespace knobscope;

// What the blocks of one group of tickets do, each with its part of the row.
struct Work {
  bool gathers;  // or else applies
  Index row;
};

// First `ahead` rows are gathered, then one applied and one gathered in turn, and at the end the last `ahead` applied.
__device__ Work work_of(Index group, Index rows) {
  const Index ahead = min(Index{KNOB_AHEAD}, rows);
  const Index turn = group - ahead;
  if (turn < 0) return Work{true, group};
  if (turn >= 2 * (rows - ahead)) return Work{false, group - rows};
  const bool gathers = turn % 2 == 1;
  return Work{gathers, turn / 2 + (gathers ? ahead : 0)};
}

// mean, rstd and partials are written and read within the launch: they must not be promised to be constant.
extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void layernorm(
    const Element* __restrict__ x, const Element* __restrict__ gamma, const Element* __restrict__ beta,
    Element* __restrict__ y, float* mean, float* rstd, Moments* partials, unsigned* arrived, unsigned* next_ticket,
    Index rows, Index columns, float epsilon) {
  const Index ticket = take_ticket(next_ticket);
  const Work work = work_of(ticket / KNOB_SPLITS, rows);
  const Index row = work.row;
  const Index part = ticket % KNOB_SPLITS;
  const Index first = row * columns;
  const Stretch stretch = part_of_row(first, columns, part, KNOB_SPLITS);

  if (work.gathers) {
    const Moments of_part = moments_of<KNOB_BLOCK>(x, stretch);
    if (threadIdx.x == 0) partials[row * KNOB_SPLITS + part] = of_part;
    if (!is_last_to_arrive(arrived + row, KNOB_SPLITS)) return;
    const Moments of_row = merged_parts<KNOB_BLOCK>(partials + row * KNOB_SPLITS, KNOB_SPLITS);
    if (threadIdx.x == 0) {
      mean[row] = of_row.mean;
      rstd[row] = rsqrtf(of_row.m2 / columns + epsilon);
      raise_flag(arrived + row);  // mean and rstd stand in memory
    }
  } else {
    wait_for_flag(arrived + row, KNOB_SPLITS);
    apply_to<KNOB_BLOCK>(x, gamma, beta, y, first, stretch, mean[row], rstd[row]);
  }
}
