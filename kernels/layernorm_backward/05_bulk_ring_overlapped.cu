/* knobscope
title = "Ring of rows, two at a time, one launch"
idea = """
In the plain ring all threads of a block wait together, once a row, for the last warp's sums. Rows of 16-bit elements \
come so fast that this shows. Here a block has two rows in hand: while the sums of one are on their way through \
shuffles and the barrier, the threads are busy with dx of the row before, which they read from its slot once more \
rather than keep in registers. With the registers that this saves two blocks may share a multiprocessor. At the end \
the blocks meet at a barrier of the whole grid and finish the columns together: one launch instead of two. The knobs \
that matter are per_sm and stages, which share one memory."""
operation = "layernorm_backward"
types = ["f32", "f16", "bf16"]

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 256
help = "threads in a block, which work on two rows at a time"

[knobs.held]
values = [8, 16, 24, 32, 48, 64]
default = 16
help = "columns that each thread holds in registers; for rows longer than block * held there is no ring"

[knobs.stages]
values = [2, 3, 4, 5, 6, 8, 10, 12, 16]
default = 6
help = "rows of x and of dy in a block's ring: two are worked on, the others are on their way"

[knobs.per_sm]
values = [1, 2, 3, 4]
default = 1
help = "blocks on each multiprocessor; its registers, and its shared memory for their rings, must suffice"

[values]
blocks = "min(rows, sm_count * per_sm)"
partial_sums = "2 * round_up(columns, 8)"  # of a block, in floats
ring = "stages * 2 * columns * element_size"
in_ring = "columns * element_size % 16 == 0 && columns <= block * held && ring <= floor(shared_per_sm / per_sm) - 8192"

[[requires]]
condition = "compute_capability >= 90"
reason = "Bulk asynchronous copies came with compute capability 9.0 (Hopper)."

[[requires]]
condition = "block * per_sm <= max_threads_per_sm"
reason = "blocks that meet must all be alive at once, and a multiprocessor has not that many threads"

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
cooperative = true
grid = "blocks"
block = "block"
shared = "in_ring ? ring : 0"
arguments = [
  "x", "dy", "gamma", "mean", "rstd", "dx", "dgamma", "dbeta", "row_sums", "partials", "rows", "columns",
  "in_ring",
]

[traffic]
reads = "(in_ring ? 2 : 4) * elements * element_size + columns * element_size + 8 * rows + blocks * 8 * columns"
writes = "elements * element_size + 2 * columns * element_size + blocks * 8 * columns"
note = """
Everything once, and the partial sums, which stay in the L2 cache. Rows that are no multiple of 16 bytes, or of which \
`stages` do not fit into shared memory, are read straight from memory, twice."""

[numerics]
accumulate = "f32"
note = """
A column's sum is a chain of at most 128 of a block's rows, then a chain of those, then of the blocks' in fixed order: \
bitwise the same in every run, but not on a GPU with another number of multiprocessors."""
deterministic = true

[source]
note = "Software pipelining, as compilers do it with loops."
*/

#include <cooperative_groups.h>
#include <knobscope/gradient_ring.h>
#include <knobscope/gradients.h>

using namespace knobscope;

constexpr int kPacks = KNOB_HELD / kPack;
constexpr int kWarps = KNOB_BLOCK / kWarp;

// Every gridDim.x-th row, through the ring. kWhole: all threads have all their columns. Not inlined, so that each way
// of doing it has all registers to itself.
template <bool kWhole>
__device__ __noinline__ void work_in_ring(const Element* x, const Element* dy, const Element* gamma, const float* mean,
                                          const float* rstd, Element* dx, float* partial, Index rows, Index columns) {
  extern __shared__ __align__(128) uint4 slots[];
  __shared__ Barrier loaded[KNOB_STAGES];
  __shared__ float2 of_warps[2][kWarps];  // of the row before its second step, and of the next
  const int lane = threadIdx.x % kWarp;
  const int warp = threadIdx.x / kWarp;
  const Index step = gridDim.x;

  const GradientRing<KNOB_STAGES> ring{x, dy, rows, columns, reinterpret_cast<Element*>(slots), loaded};
  if (threadIdx.x == 0) ring.start(blockIdx.x, step);
  __syncthreads();

  HeldColumns<KNOB_BLOCK, kPacks, kWhole> held(gamma, threadIdx.x, columns, true);
  Turn<KNOB_STAGES> ahead;
  Turn<KNOB_STAGES> behind;
  int round = 0;

  // First step of a row. Its sums can be had behind the next barrier.
  const auto begin_row = [&](const RowScale& scale) {
    loaded[ahead.slot].wait(ahead.parity);
    RowPacks<kPacks> packs = held.read_row(ring.x_slot(ahead.slot), ring.dy_slot(ahead.slot), scale);
    const float2 of_warp = warp_reduce(held.add_row(packs));
    if (lane == 0) of_warps[round][warp] = of_warp;
    ahead.advance();
    round ^= 1;
  };
  // Second step of the row that began longest ago: `its_round` is where its sums are.
  const auto end_row = [&](Index row, int its_round, const RowScale& scale) {
    float2 sums{};
#pragma unroll
    for (int i = 0; i < kWarps; ++i) sums = merge(sums, of_warps[its_round][i]);
    held.store_row_again(
        dx + row * columns, ring.x_slot(behind.slot), ring.dy_slot(behind.slot), RowTerms::of(scale, sums, columns));
    held.row_is_over(partial, partial_stride(columns));
  };
  const auto scale_of = [&](Index row) { return row < rows ? RowScale{mean[row], rstd[row]} : RowScale{}; };

  Index row = blockIdx.x;
  RowScale scale = scale_of(row);
  RowScale next_scale = scale_of(row + step);
  begin_row(scale);
  __syncthreads();
  for (; row + step < rows; row += step, behind.advance()) {
    const RowScale scale_after = scale_of(row + 2 * step);
    begin_row(next_scale);
    end_row(row, round, scale);
    __syncthreads();  // the next row's sums are there, and all have read this row's slot
    if (threadIdx.x == 0) ring.fill(behind.slot, row + KNOB_STAGES * step);
    scale = next_scale;
    next_scale = scale_after;
  }
  end_row(row, round ^ 1, scale);
  held.put_sums(partial, partial_stride(columns));
}

// partials are written and read within the launch: they must not be promised to be constant.
extern "C" __global__ __launch_bounds__(KNOB_BLOCK, KNOB_PER_SM) void backward(
    const Element* __restrict__ x, const Element* __restrict__ dy, const Element* __restrict__ gamma,
    const float* __restrict__ mean, const float* __restrict__ rstd, Element* __restrict__ dx,
    Element* __restrict__ dgamma, Element* __restrict__ dbeta, float2* row_sums, float* partials, Index rows,
    Index columns, bool in_ring) {
  float* const partial = partial_of(partials, blockIdx.x, columns);
  if (!in_ring) {
    gradients_in_slabs<KNOB_BLOCK, kPacks>(x, dy, gamma, mean, rstd, dx, row_sums, partial, rows, columns);
  } else if (columns == KNOB_BLOCK * KNOB_HELD) {
    work_in_ring<true>(x, dy, gamma, mean, rstd, dx, partial, rows, columns);
  } else {
    work_in_ring<false>(x, dy, gamma, mean, rstd, dx, partial, rows, columns);
  }

  cooperative_groups::this_grid().sync();
  finish_columns<KNOB_BLOCK>(partials, gridDim.x, columns, dgamma, dbeta);
}
