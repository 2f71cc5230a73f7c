/* knobscope
title = "Ring of rows, filled by bulk copies"
idea = """
Registers hold the row that is worked on, and so none is left for the rows to come: while the block brings its sums \
together and writes dx, nothing is on its way. Here the hardware copies the next rows of x and dy into a ring of slots \
in shared memory, and thread 0 orders a new one as soon as a slot has been read. One barrier a row does for both: it \
shows the warps' sums to all, and that all have read the slot. The knob that matters is stages: how many rows are on \
their way, up to all of the shared memory. One block a multiprocessor is enough, and leaves the fewest partial sums."""
operation = "layernorm_backward"
types = ["f32", "f16", "bf16"]

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 512
help = "threads in a block, which work on one row at a time"

[knobs.held]
values = [8, 16, 24, 32, 48, 64]
default = 8
help = "columns that each thread holds in registers; for rows longer than block * held there is no ring"

[knobs.stages]
values = [1, 2, 3, 4, 5, 6, 8, 10, 12, 16]
default = 4
help = "rows of x and of dy in a block's ring: one is worked on, the others are on their way"

[knobs.per_sm]
values = [1, 2, 3, 4, 6, 8]
default = 1
help = "blocks for each multiprocessor; their rings must fit into its shared memory together, or some wait"

[values]
blocks = "min(rows, sm_count * per_sm)"
partial_sums = "2 * round_up(columns, 8)"  # of a block, in floats
ring = "stages * 2 * columns * element_size"
in_ring = "columns * element_size % 16 == 0 && columns <= block * held && ring <= shared_per_block_optin - 2048"

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

[[launches]]
entry = "backward"
grid = "blocks"
block = "block"
shared = "in_ring ? ring : 0"
arguments = ["x", "dy", "gamma", "mean", "rstd", "dx", "row_sums", "partials", "rows", "columns", "in_ring"]

[[launches]]
entry = "finish"
grid = "min(ceil_div(partial_sums, 64), 1024)"
block = 256
arguments = ["partials", "dgamma", "dbeta", "blocks", "columns"]

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
bitwise the same in every run, but not on a GPU with another number of multiprocessors. Handing out rows to whoever \
asks first would be a little faster, and would change the bits from run to run."""
deterministic = true

[source]
note = "Producer and consumer by mbarrier, as in CUTLASS's pipelines for Hopper."
*/

#include <knobscope/gradient_ring.h>
#include <knobscope/gradients.h>

using namespace knobscope;

constexpr int kPacks = KNOB_HELD / kPack;

// As many blocks share a multiprocessor as its registers allow.
constexpr int kRegisters = 48 + 5 * KNOB_HELD;
constexpr int kResident = KNOB_BLOCK * KNOB_PER_SM * kRegisters <= 65536 ? KNOB_PER_SM : 1;

// Every gridDim.x-th row, through the ring. kWhole: all threads have all their columns. Not inlined, so that each way
// of doing it has all registers to itself.
template <bool kWhole>
__device__ __noinline__ void work_in_ring(const Element* x, const Element* dy, const Element* gamma, const float* mean,
                                          const float* rstd, Element* dx, float* partial, Index rows, Index columns) {
  extern __shared__ __align__(128) uint4 slots[];
  __shared__ Barrier loaded[KNOB_STAGES];
  const GradientRing<KNOB_STAGES> ring{x, dy, rows, columns, reinterpret_cast<Element*>(slots), loaded};
  if (threadIdx.x == 0) ring.start(blockIdx.x, gridDim.x);
  __syncthreads();

  HeldColumns<KNOB_BLOCK, kPacks, kWhole> held(gamma, threadIdx.x, columns, true);
  RowScale next_scale{mean[blockIdx.x], rstd[blockIdx.x]};
  Turn<KNOB_STAGES> turn;
  int round = 0;
  for (Index row = blockIdx.x; row < rows; row += gridDim.x, turn.advance(), round ^= 1) {
    const RowScale scale = next_scale;
    if (row + gridDim.x < rows) next_scale = RowScale{mean[row + gridDim.x], rstd[row + gridDim.x]};
    loaded[turn.slot].wait(turn.parity);
    RowPacks<kPacks> packs = held.read_row(ring.x_slot(turn.slot), ring.dy_slot(turn.slot), scale);
    const float2 of_row = sum_over_block<KNOB_BLOCK>(held.add_row(packs), round, [&] {
      if (threadIdx.x == 0) ring.fill(turn.slot, row + Index{KNOB_STAGES} * gridDim.x);  // all have read the slot
    });
    held.store_row(dx + row * columns, packs, RowTerms::of(scale, of_row, columns));
    held.row_is_over(partial, partial_stride(columns));
  }
  held.put_sums(partial, partial_stride(columns));
}

extern "C" __global__ __launch_bounds__(KNOB_BLOCK, kResident) void backward(
    const Element* __restrict__ x, const Element* __restrict__ dy, const Element* __restrict__ gamma,
    const float* __restrict__ mean, const float* __restrict__ rstd, Element* __restrict__ dx, float2* row_sums,
    float* partials, Index rows, Index columns, bool in_ring) {
  float* const partial = partial_of(partials, blockIdx.x, columns);
  if (!in_ring) {
    gradients_in_slabs<KNOB_BLOCK, kPacks>(x, dy, gamma, mean, rstd, dx, row_sums, partial, rows, columns);
  } else if (columns == KNOB_BLOCK * KNOB_HELD) {
    work_in_ring<true>(x, dy, gamma, mean, rstd, dx, partial, rows, columns);
  } else {
    work_in_ring<false>(x, dy, gamma, mean, rstd, dx, partial, rows, columns);
  }
}

extern "C" __global__ __launch_bounds__(256) void finish(
    const float* __restrict__ partials, Element* __restrict__ dgamma, Element* __restrict__ dbeta, Index parts,
    Index columns) {
  finish_columns<256>(partials, parts, columns, dgamma, dbeta);
}
