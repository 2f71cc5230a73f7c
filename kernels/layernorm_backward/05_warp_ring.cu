/* knobscope
title = "Ring for every warp, one launch"
idea = """
Short rows end so soon that a block's barriers show. Here a warp works on a row by itself: it brings the row's sums \
together by shuffles, and has its own ring of slots, which the hardware fills with its next rows. No warp waits for \
another until all rows are done. Then the warps of a block add up their columns' sums in shared memory, the blocks \
meet at a barrier of the whole grid, and all of them finish the columns together: one launch, and two microseconds \
less than with a second. The knobs that matter are held, which must hold the row, and block: the rings of 8 warps keep \
a multiprocessor busy, and the registers do not suffice for 16."""
operation = "layernorm_backward"
types = ["f32", "f16", "bf16"]

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 256
help = "threads in a block, 32 for each row that is worked on; there is one block on each multiprocessor"

[knobs.held]
values = [8, 16, 24, 32, 48, 64]
default = 24
help = "columns that each thread holds in registers; for rows longer than 32 * held there is no ring"

[knobs.stages]
values = [1, 2, 3, 4, 6, 8]
default = 4
help = "rows of x and of dy in a warp's ring: one is worked on, the others are on their way"

[knobs.read_again]
values = [0, 1]
default = 0
help = "1: the second step reads the row from its slot again, instead of from registers"

[values]
blocks = "min(rows, sm_count)"
partial_sums = "2 * round_up(columns, 8)"  # of a block, in floats
rings = "block / 32 * columns * max(stages * 2 * element_size, 8)"
in_rings = "columns * element_size % 16 == 0 && columns <= 32 * held && rings <= shared_per_block_optin - 8192"

[[requires]]
condition = "compute_capability >= 90"
reason = "Bulk asynchronous copies came with compute capability 9.0 (Hopper)."

[[buffers]]
name = "partials"
type = "f32"
count = "blocks * partial_sums"

[[buffers]]
name = "row_sums"
type = "f32"
count = "2 * rows"

# What a warp's columns have come to after each 128 rows, if it has as many.
[[buffers]]
name = "parked"
type = "f32"
count = "rows >= sm_count * block ? sm_count * block / 32 * partial_sums : 1"

[[launches]]
entry = "backward"
cooperative = true
grid = "blocks"
block = "block"
shared = "in_rings ? rings : 0"
arguments = [
  "x", "dy", "gamma", "mean", "rstd", "dx", "dgamma", "dbeta", "row_sums", "partials", "parked", "rows", "columns",
  "in_rings",
]

[traffic]
reads = "(in_rings ? 2 : 4) * elements * element_size + columns * element_size + 8 * rows + blocks * 8 * columns"
writes = "elements * element_size + 2 * columns * element_size + blocks * 8 * columns"
note = """
Everything once, and the partial sums, which stay in the L2 cache. Rows that are no multiple of 16 bytes, or for which \
registers or shared memory do not suffice, are read straight from memory, twice, a block for each."""

[numerics]
accumulate = "f32"
note = """
A column's sum is a chain of at most 128 of a warp's rows, then a chain of those, then of the warps', then of the \
blocks' in fixed order: bitwise the same in every run, but not on a GPU with another number of multiprocessors."""
deterministic = true

[source]
note = "Cooperative groups, CUDA programming guide."
*/

#include <cooperative_groups.h>
#include <knobscope/gradient_ring.h>
#include <knobscope/gradients.h>

using namespace knobscope;

constexpr int kPacks = KNOB_HELD / kPack;
constexpr int kWarps = KNOB_BLOCK / kWarp;

// All rows of this block, a warp each; then the block's partial sums. kWhole: all lanes have all their columns. Not
// inlined, so that each way of doing it has all registers to itself.
template <bool kWhole>
__device__ __noinline__ void work_by_warp(
    const Element* x, const Element* dy, const Element* gamma, const float* mean, const float* rstd, Element* dx,
    float* partial, float* parked, Index rows, Index columns) {
  extern __shared__ __align__(128) uint4 memory[];  // the rings of all warps
  __shared__ Barrier loaded[kWarps][KNOB_STAGES];
  const int lane = threadIdx.x % kWarp;
  const int warp = threadIdx.x / kWarp;
  const Index stride = partial_stride(columns);
  const Index first_row = blockIdx.x + Index{warp} * gridDim.x;
  const Index step = Index{kWarps} * gridDim.x;
  parked += (blockIdx.x * Index{kWarps} + warp) * 2 * stride;

  Element* const slots = reinterpret_cast<Element*>(memory) + warp * KNOB_STAGES * 2 * columns;
  const GradientRing<KNOB_STAGES> ring{x, dy, rows, columns, slots, loaded[warp]};
  const auto fill_again = [&](int slot, Index row) {
    __syncwarp();  // all lanes have read the slot
    if (lane == 0) ring.fill(slot, row + KNOB_STAGES * step);
  };
  if (lane == 0) ring.start(first_row, step);
  __syncwarp();

  HeldColumns<kWarp, kPacks, kWhole> held(gamma, lane, columns, true);
  RowScale next_scale = first_row < rows ? RowScale{mean[first_row], rstd[first_row]} : RowScale{};
  Turn<KNOB_STAGES> turn;
  for (Index row = first_row; row < rows; row += step, turn.advance()) {
    const RowScale scale = next_scale;
    if (row + step < rows) next_scale = RowScale{mean[row + step], rstd[row + step]};
    loaded[warp][turn.slot].wait(turn.parity);
    const Element* const x_row = ring.x_slot(turn.slot);
    const Element* const dy_row = ring.dy_slot(turn.slot);
    RowPacks<kPacks> packs = held.read_row(x_row, dy_row, scale);
    const float2 of_row = reduce_to_all(held.add_row(packs));
    const RowTerms terms = RowTerms::of(scale, of_row, columns);
    if (KNOB_READ_AGAIN) {
      held.store_row_again(dx + row * columns, x_row, dy_row, terms);
      fill_again(turn.slot, row);
    } else {
      fill_again(turn.slot, row);
      held.store_row(dx + row * columns, packs, terms);
    }
    held.row_is_over(parked, stride);
  }
  held.fetch_parked(parked, stride);

  // The rings are empty: their memory serves to add up the warps' sums.
  __syncthreads();
  float* const of_warps = reinterpret_cast<float*>(memory);
  held.put_sums(of_warps + warp * 2 * columns, columns);
  __syncthreads();
  for (Index column = threadIdx.x; column < 2 * columns; column += KNOB_BLOCK) {
    float sum = 0.0F;
#pragma unroll
    for (int i = 0; i < kWarps; ++i) sum += of_warps[i * 2 * columns + column];
    partial[column < columns ? column : stride + column - columns] = sum;
  }
}

// partials are written and read within the launch: they must not be promised to be constant.
extern "C" __global__ __launch_bounds__(KNOB_BLOCK, 1) void backward(
    const Element* __restrict__ x, const Element* __restrict__ dy, const Element* __restrict__ gamma,
    const float* __restrict__ mean, const float* __restrict__ rstd, Element* __restrict__ dx,
    Element* __restrict__ dgamma, Element* __restrict__ dbeta, float2* row_sums, float* partials, float* parked,
    Index rows, Index columns, bool in_rings) {
  float* const partial = partial_of(partials, blockIdx.x, columns);
  if (in_rings && columns == kWarp * KNOB_HELD) {
    work_by_warp<true>(x, dy, gamma, mean, rstd, dx, partial, parked, rows, columns);
  } else if (in_rings) {
    work_by_warp<false>(x, dy, gamma, mean, rstd, dx, partial, parked, rows, columns);
  } else {
    gradients_in_slabs<KNOB_BLOCK, kPacks>(x, dy, gamma, mean, rstd, dx, row_sums, partial, rows, columns);
  }

  cooperative_groups::this_grid().sync();
  finish_columns<KNOB_BLOCK>(partials, gridDim.x, columns, dgamma, dbeta);
}
