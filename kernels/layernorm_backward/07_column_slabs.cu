/* knobscope
title = "Column slabs, two launches, no atomics"
idea = """
Few huge rows turn the usual split around: sixteen rows are not enough blocks, but four million columns are more than \
enough. So a thread takes a pack of columns down all the rows, and what it has at the bottom is that pack's dgamma and \
dbeta, finished: nothing to merge, nothing to add atomically. Its terms of the rows' sums stay in registers until its \
last column, so a block hands over one pair of numbers a row. The second launch adds those up and writes dx, for which \
it reads x and dy again. The knob that matters is in_turn: with slabs side by side the blocks read far apart, and \
memory is a tenth slower than where all of them work on one stretch of each row. backwards starts the second launch \
where the first one stopped, and finds in the L2 cache what it left there; of half a gigabyte that is little."""
operation = "layernorm_backward"
types = ["f32", "f16", "bf16"]

[knobs.backwards]
values = [0, 1]
default = 1
help = "the second launch takes the columns: 0 in the order of the first, 1 in the opposite one"

[knobs.in_turn]
values = [0, 1]
default = 1
help = "0: a block's columns are side by side, 1: pieces of block packs go to the blocks in turn"

[knobs.loads]
values = [0, 1, 2]
default = 0
help = "hint of the loads of x and dy: 0 none, 1 streaming, 2 the L2 cache gives them up first"

[knobs.stores]
values = [0, 1, 2]
default = 0
help = "hint of the stores of dx, dgamma and dbeta: 0 none, 1 streaming, 2 the L2 cache gives them up first"

[knobs.together]
values = [1, 2, 4, 8, 16]
default = 4
help = "rows of x and dy a thread asks for before it waits for the first"

[knobs.rows_at_once]
values = [1, 2, 4, 8, 16]
default = 16
help = "rows whose sums a thread has in registers; of more, dgamma and dbeta wait in memory between the groups"

[knobs.per_sm]
values = [1, 2, 3, 4]
default = 1
help = "blocks for each multiprocessor"

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 512
help = "threads in a block, each with a pack of 16 bytes of columns at a time"

[[requires]]
condition = "block * per_sm <= 1024"
reason = "A thread needs more than 64 registers for its sums: take fewer threads or fewer blocks of them."

[[requires]]
condition = "together <= rows_at_once"
reason = "No more rows can be asked for together than are summed at once."

[[requires]]
condition = "compute_capability >= 80 || (loads != 2 && stores != 2)"
reason = "Policies of the L2 cache came with compute capability 8.0 (Ampere): set loads and stores to 0 or 1."

[[buffers]]
name = "partials"
type = "f32"
count = "2 * rows * min(sm_count * per_sm, ceil_div(columns * element_size, block * 16))"

[[buffers]]
name = "carried"
type = "f32"
count = "rows > rows_at_once ? 2 * columns : 1"

[[launches]]
entry = "sum"
grid = "min(sm_count * per_sm, ceil_div(columns * element_size, block * 16))"
block = "block"
arguments = ["x", "dy", "gamma", "mean", "rstd", "dgamma", "dbeta", "partials", "carried", "rows", "columns"]

[[launches]]
entry = "apply"
grid = "min(sm_count * per_sm, ceil_div(columns * element_size, block * 16))"
block = "block"
arguments = ["x", "dy", "gamma", "mean", "rstd", "partials", "dx", "rows", "columns"]

[traffic]
reads = """
4 * elements * element_size + 2 * ceil_div(rows, rows_at_once) * columns * element_size + 16 * rows \
+ (ceil_div(rows, rows_at_once) - 1) * 8 * columns"""
writes = """
elements * element_size + 2 * columns * element_size + (ceil_div(rows, rows_at_once) - 1) * 8 * columns"""
note = """
x and dy twice, the second time from the L2 cache where it still holds them. gamma once for each group of rows in each \
launch. What the blocks tell each other is a few kilobytes."""

[numerics]
accumulate = "f32"
note = """
A column's sum is a chain as long as there are rows; a row's is a chain of a thread's packs, then a tree, then a chain \
of blocks. All in the same order in every run."""
deterministic = true

[source]
note = "The column reduction of many libraries, with the row sums taken along."
*/

#include <knobscope/column_slabs.h>

using namespace knobscope;

constexpr Hint kLoads = static_cast<Hint>(KNOB_LOADS);
constexpr Hint kStores = static_cast<Hint>(KNOB_STORES);
constexpr int kRows = KNOB_ROWS_AT_ONCE;

// dgamma and dbeta, and of every row this block's sums.
extern "C" __global__ __launch_bounds__(KNOB_BLOCK, KNOB_PER_SM) void sum(
    const Element* x, const Element* dy, const Element* gamma, const float* mean, const float* rstd, Element* dgamma,
    Element* dbeta, float2* partials, float* carried, Index rows, Index columns) {
  const Backward job{x, dy, gamma, mean, rstd, nullptr, dgamma, dbeta, rows, columns};
  const Tiles tiles = tiles_of_block<KNOB_BLOCK>((columns + kPack - 1) / kPack, KNOB_IN_TURN);
  sum_columns<KNOB_BLOCK, kRows, KNOB_TOGETHER, kLoads, kStores>(
      job, 0, tiles, l2_policy<Evict::normally>(), carried, partials);
}

// dx. The grid is that of the first launch, so every block has the columns it had there.
extern "C" __global__ __launch_bounds__(KNOB_BLOCK, KNOB_PER_SM) void apply(
    const Element* __restrict__ x, const Element* __restrict__ dy, const Element* __restrict__ gamma,
    const float* __restrict__ mean, const float* __restrict__ rstd, const float2* __restrict__ partials,
    Element* __restrict__ dx, Index rows, Index columns) {
  __shared__ RowTerms terms[kRows];
  constexpr int kWarps = KNOB_BLOCK / kWarp;
  const int lane = threadIdx.x % kWarp;
  const bool aligned = columns % kPack == 0;
  const Tiles tiles = tiles_of_block<KNOB_BLOCK>((columns + kPack - 1) / kPack, KNOB_IN_TURN);
  const Index groups = (rows + kRows - 1) / kRows;

  for (Index i = 0; i < groups; ++i) {
    const Index first_row = (KNOB_BACKWARDS ? groups - 1 - i : i) * kRows;
    const int group = static_cast<int>(min(Index{kRows}, rows - first_row));

    // A warp for each row: every block adds up what all blocks found, in the same order.
    for (int row = threadIdx.x / kWarp; row < group; row += kWarps) {
      const float2* of_blocks = partials + (first_row + row) * gridDim.x;
      float2 sums{};
      for (int block = lane; block < gridDim.x; block += kWarp) sums = merge(sums, of_blocks[block]);
      sums = warp_reduce(sums);
      if (lane == 0) terms[row] = RowTerms::of(RowScale{mean[first_row + row], rstd[first_row + row]}, sums, columns);
    }
    __syncthreads();

    for (Index k = 0; k < tiles.count(); ++k) {
      const Index column = tiles.pack(KNOB_BACKWARDS ? tiles.count() - 1 - k : k, threadIdx.x) * kPack;
      if (column >= columns) continue;
      const Index left = columns - column;
      const PackValues scale = values_of(load_columns<Hint::none>(gamma + column, aligned, left));
      const Index at = first_row * columns + column;
      down_the_rows<kRows, KNOB_TOGETHER, kLoads>(
          x + at, dy + at, group, columns, aligned, left,
          [&](int row, PackBytes x_bytes, PackBytes dy_bytes, bool whole) {
            const RowTerms of_row = terms[row];
            const PackValues x_values = values_of(x_bytes);
            PackValues values = values_of(dy_bytes);
#pragma unroll
            for (int n = 0; n < kPack; ++n) values.at[n] = of_row.dx(x_values.at[n], values.at[n] * scale.at[n]);
            store_columns<kStores>(dx + at + row * columns, values, whole, left);
          });
    }
    __syncthreads();  // terms may be written again
  }
}
