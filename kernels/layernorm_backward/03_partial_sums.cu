/* knobscope
title = "Partial sums of each block, then finished"
idea = """
A block takes several rows, one after the other, and its threads the same columns of each. So they have both kinds of \
sums at hand: the row's, which they bring together in shared memory, and their columns', which grow in registers from \
row to row. x and dy are read once. What is left at the end is a partial sum of every block for every column, and a \
second launch adds those up, always in the same order. The knobs that matter are held, which must hold the row, and \
per_sm: more blocks hide more of the memory's latency, but each leaves partial sums behind that cost traffic twice."""
operation = "layernorm_backward"
types = ["f32", "f16", "bf16"]

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 256
help = "threads in a block, which work on one row at a time"

[knobs.held]
values = [8, 16, 24, 32, 48, 64]
default = 16
help = "columns that each thread holds in registers; rows longer than block * held are worked on in slabs"

[knobs.per_sm]
values = [1, 2, 3, 4, 6, 8, 12, 16]
default = 2
help = "blocks for each multiprocessor"

[values]
blocks = "min(rows, sm_count * per_sm)"
partial_sums = "2 * round_up(columns, 8)"  # of a block, in floats

[[buffers]]
name = "partials"
type = "f32"
count = "blocks * partial_sums"

[[buffers]]
name = "row_sums"
type = "f32"
count = "2 * rows"

[[launches]]
entry = "backward"
grid = "blocks"
block = "block"
arguments = ["x", "dy", "gamma", "mean", "rstd", "dx", "row_sums", "partials", "rows", "columns"]

[[launches]]
entry = "finish"
grid = "min(ceil_div(partial_sums, 64), 1024)"
block = 256
arguments = ["partials", "dgamma", "dbeta", "blocks", "columns"]

[traffic]
reads = """
(columns <= block * held ? 2 : 4) * elements * element_size + columns * element_size + 8 * rows \
+ blocks * 8 * columns"""
writes = "elements * element_size + 2 * columns * element_size + blocks * 8 * columns"
note = """
x and dy once where registers hold the row, else twice. The partial sums are written and read once; a few megabytes \
stay in the L2 cache in between."""

[numerics]
accumulate = "f32"
note = """
A column's sum is a chain of at most 128 of a block's rows, then a chain of those, then of the blocks' in fixed order: \
bitwise the same in every run, but not on a GPU with another number of multiprocessors."""
deterministic = true

[source]
note = "The usual way of fused backward kernels, such as those of Apex and of the Triton tutorials."
*/

#include <knobscope/gradients.h>

using namespace knobscope;

constexpr int kPacks = KNOB_HELD / kPack;

// As many blocks share a multiprocessor as its registers allow.
constexpr int kRegisters = 40 + 5 * KNOB_HELD;
constexpr int kResident = KNOB_BLOCK * KNOB_PER_SM * kRegisters <= 65536 ? KNOB_PER_SM : 1;

extern "C" __global__ __launch_bounds__(KNOB_BLOCK, kResident) void backward(
    const Element* __restrict__ x, const Element* __restrict__ dy, const Element* __restrict__ gamma,
    const float* __restrict__ mean, const float* __restrict__ rstd, Element* __restrict__ dx, float2* row_sums,
    float* partials, Index rows, Index columns) {
  using Held = HeldColumns<KNOB_BLOCK, kPacks>;
  float* const partial = partial_of(partials, blockIdx.x, columns);
  if (columns > Held::kMost) {
    gradients_in_slabs<KNOB_BLOCK, kPacks>(x, dy, gamma, mean, rstd, dx, row_sums, partial, rows, columns);
    return;
  }

  Held held(gamma, threadIdx.x, columns, columns % kPack == 0);
  int round = 0;
  for (Index row = blockIdx.x; row < rows; row += gridDim.x, round ^= 1) {
    const Index first = row * columns;
    const RowScale scale{mean[row], rstd[row]};
    RowPacks<kPacks> packs = held.read_row(x + first, dy + first, scale);
    const float2 of_row = sum_over_block<KNOB_BLOCK>(held.add_row(packs), round, [] {});
    held.store_row(dx + first, packs, RowTerms::of(scale, of_row, columns));
    held.row_is_over(partial, partial_stride(columns));
  }
  held.put_sums(partial, partial_stride(columns));
}

extern "C" __global__ __launch_bounds__(256) void finish(
    const float* __restrict__ partials, Element* __restrict__ dgamma, Element* __restrict__ dbeta, Index parts,
    Index columns) {
  finish_columns<256>(partials, parts, columns, dgamma, dbeta);
}
