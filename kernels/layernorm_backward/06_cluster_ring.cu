/* knobscope
title = "Ring of rows across a cluster"
idea = """
A row of 16,384 floats of x and one of dy are 128 KB: one block's shared memory holds a single one, and a ring of one \
slot is no ring. A cluster of blocks shares a row instead. Each has a slice of it, in a ring of its own, and the same \
columns in every row; what is left to exchange are two sums of each, sent straight into the shared memory of the \
others, which count the bytes on a barrier as if a copy had brought them. While they are on their way, the block is \
busy with its next row: so the exchange costs next to nothing. The knob that matters is cluster: the more blocks share \
a row, the more rows are on their way. But a cluster must lie within one group of neighbouring multiprocessors, so \
large ones leave some idle."""
operation = "layernorm_backward"
types = ["f32", "f16", "bf16"]

[knobs.cluster]
values = [1, 2, 4, 8]
default = 4
help = "blocks that share a row"

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 256
help = "threads in a block"

[knobs.held]
values = [8, 16, 24, 32, 48, 64]
default = 16
help = "columns that each thread holds in registers; for rows longer than cluster * block * held there is no ring"

[knobs.stages]
values = [2, 3, 4, 5, 6, 8, 10, 12]
default = 6
help = "slices of x and of dy in a block's ring: two are worked on, the others are on their way"

[knobs.idle]
values = [0, 4, 8, 12, 16, 20, 24, 36]
default = 12
help = "multiprocessors that get no block: clusters do not fill all groups, and one too many waits for its turn"

[[requires]]
condition = "compute_capability >= 90"
reason = "Clusters and bulk asynchronous copies came with compute capability 9.0 (Hopper)."

[[buffers]]
name = "partials"
type = "f32"
count = "min(rows, max(floor((sm_count - idle) / cluster), 1)) * cluster * 2 * round_up(columns, 8)"

[[buffers]]
name = "row_sums"
type = "f32"
count = "2 * rows"

[[launches]]
entry = "backward"
grid = "min(rows, max(floor((sm_count - idle) / cluster), 1)) * cluster"
block = "block"
cluster = "cluster"
shared = """
columns * element_size % 16 == 0 && columns <= cluster * block * held \
&& stages * 2 * ceil_div(columns * element_size, 16 * cluster) * 16 <= shared_per_block_optin - 4096 \
? stages * 2 * ceil_div(columns * element_size, 16 * cluster) * 16 : 0"""
arguments = ["x", "dy", "gamma", "mean", "rstd", "dx", "row_sums", "partials", "rows", "columns", """\
columns * element_size % 16 == 0 && columns <= cluster * block * held \
&& stages * 2 * ceil_div(columns * element_size, 16 * cluster) * 16 <= shared_per_block_optin - 4096"""]

# Without a ring every block leaves partial sums, not every cluster.
[[launches]]
entry = "finish"
grid = "min(ceil_div(2 * round_up(columns, 8), 64), 1024)"
block = 256
arguments = ["partials", "dgamma", "dbeta", """\
min(rows, max(floor((sm_count - idle) / cluster), 1)) \
* (columns * element_size % 16 == 0 && columns <= cluster * block * held \
&& stages * 2 * ceil_div(columns * element_size, 16 * cluster) * 16 <= shared_per_block_optin - 4096 \
? 1 : cluster)""", "columns"]

[traffic]
reads = """
(columns * element_size % 16 == 0 && columns <= cluster * block * held \
&& stages * 2 * ceil_div(columns * element_size, 16 * cluster) * 16 <= shared_per_block_optin - 4096 ? 2 : 4) \
* elements * element_size + columns * element_size + 8 * rows \
+ min(rows, max(floor((sm_count - idle) / cluster), 1)) * 8 * columns"""
writes = """
elements * element_size + 2 * columns * element_size \
+ min(rows, max(floor((sm_count - idle) / cluster), 1)) * 8 * columns"""
note = """
Everything once, and a partial sum of every cluster for each column, which stay in the L2 cache. Rows that are no \
multiple of 16 bytes, or for which registers or shared memory do not suffice, are read straight from memory, twice, a \
block for each."""

[numerics]
accumulate = "f32"
note = """
A column's sum is a chain of at most 128 of a cluster's rows, then a chain of those, then of the clusters' in fixed \
order: bitwise the same in every run, but not on a GPU with another number of multiprocessors."""
deterministic = true

[source]
note = "Distributed shared memory, CUDA programming guide."
*/

#include <knobscope/cluster.h>
#include <knobscope/gradients.h>

using namespace knobscope;

constexpr int kPacks = KNOB_HELD / kPack;
constexpr int kCluster = KNOB_CLUSTER;
constexpr int kWarps = KNOB_BLOCK / kWarp;

// Rows in turn to every cluster, and of each row a slice to every block, through the ring. kWhole: all threads have all
// their columns. Not inlined, so that each way of doing it has all registers to itself.
template <bool kWhole>
__device__ __noinline__ void work_in_ring(const Element* x, const Element* dy, const Element* gamma, const float* mean,
                                          const float* rstd, Element* dx, float* partials, Index rows, Index columns) {
  extern __shared__ __align__(128) uint4 slots[];  // in turn a slice of x and one of dy
  __shared__ Barrier loaded[KNOB_STAGES];
  // Of a row's sums those of this block's warps, and those of the cluster's blocks; in two rounds in turn: while some
  // still read the last row's, the first ones write and send already the next one's.
  __shared__ float2 of_warps[2][kWarps];
  __shared__ float2 of_blocks[2][kCluster];
  __shared__ Barrier received[2];
  const int lane = threadIdx.x % kWarp;
  const int warp = threadIdx.x / kWarp;
  const Index cluster = blockIdx.x / kCluster;
  const Index step = gridDim.x / kCluster;

  // The slices are whole packs; the last ones may be shorter, or empty.
  const Index slice = (columns / kPack + kCluster - 1) / kCluster * kPack;
  const Index begin = min(cluster_rank() * slice, columns);
  const Index length = min(slice, columns - begin);
  x += begin;
  dy += begin;
  dx += begin;

  const auto x_slot = [&](int slot) { return reinterpret_cast<Element*>(slots) + 2 * slot * slice; };
  const auto dy_slot = [&](int slot) { return x_slot(slot) + slice; };
  const auto fill = [&](int slot, Index row) {
    if (row >= rows) return;
    const unsigned bytes = length * sizeof(Element);
    loaded[slot].arrive_and_expect(2 * bytes);
    if (bytes == 0) return;
    copy_to_shared(x_slot(slot), x + row * columns, bytes, loaded[slot]);
    copy_to_shared(dy_slot(slot), dy + row * columns, bytes, loaded[slot]);
  };
  if (threadIdx.x == 0) {
    for (int slot = 0; slot < KNOB_STAGES; ++slot) {
      loaded[slot].init(1);
      fill(slot, cluster + slot * step);
    }
    for (Barrier& barrier : received) {
      barrier.init(1);
      barrier.arrive_and_expect(sizeof(of_blocks[0]));
    }
  }
  cluster_sync();  // nobody sends to a barrier that is not there yet

  HeldColumns<KNOB_BLOCK, kPacks, kWhole> held(gamma + begin, threadIdx.x, length, true);
  float* const partial = partial_of(partials, cluster, columns) + begin;
  Turn<KNOB_STAGES> ahead;
  Turn<KNOB_STAGES> behind;
  Turn<2> round;  // of the row that comes next to its second step

  // First step of a row, up to the sums of each warp.
  const auto begin_row = [&](const RowScale& scale, int its_round) {
    loaded[ahead.slot].wait(ahead.parity);
    RowPacks<kPacks> packs = held.read_row(x_slot(ahead.slot), dy_slot(ahead.slot), scale.mean, scale.rstd);
    const float2 of_warp = warp_reduce(held.add_row(packs));
    if (lane == 0) of_warps[its_round][warp] = of_warp;
    ahead.advance();
  };
  // Behind the block's barrier: its sums go to all blocks of the cluster, to this one as well.
  const auto send_sums = [&](int its_round) {
    if (threadIdx.x >= kCluster) return;
    float2 sums{};
#pragma unroll
    for (int i = 0; i < kWarps; ++i) sums = merge(sums, of_warps[its_round][i]);
    send(threadIdx.x, &of_blocks[its_round][cluster_rank()], sums, received[its_round]);
  };
  // Second step of the row that began longest ago, which its slot still holds.
  const auto end_row = [&](Index row, const RowScale& scale) {
    received[round.slot].wait_for_cluster(round.parity);
    float2 sums{};
#pragma unroll
    for (int i = 0; i < kCluster; ++i) sums = merge(sums, of_blocks[round.slot][i]);
    if (threadIdx.x == 0) received[round.slot].arrive_and_expect(sizeof(of_blocks[0]));  // two rows on
    held.store_row_again(dx + row * columns, x_slot(behind.slot), dy_slot(behind.slot), scale.mean,
                         row_gradient(sums, scale.rstd, columns));
    held.row_is_over(partial, partial_stride(columns));
  };
  const auto scale_of = [&](Index row) { return row < rows ? RowScale{mean[row], rstd[row]} : RowScale{}; };

  Index row = cluster;
  RowScale scale = scale_of(row);
  RowScale next_scale = scale_of(row + step);
  begin_row(scale, 0);
  __syncthreads();
  send_sums(0);
  for (; row + step < rows; row += step, behind.advance(), round.advance()) {
    const RowScale scale_after = scale_of(row + 2 * step);
    begin_row(next_scale, round.slot ^ 1);
    end_row(row, scale);
    __syncthreads();  // the next row's sums are there, and all have read this row's slot
    if (threadIdx.x == 0) fill(behind.slot, row + KNOB_STAGES * step);
    send_sums(round.slot ^ 1);
    scale = next_scale;
    next_scale = scale_after;
  }
  end_row(row, scale);
  held.put_sums(partial, partial_stride(columns));
  cluster_sync();  // nobody ends while another may send to it
}

extern "C" __global__ void __launch_bounds__(KNOB_BLOCK, 1)
    backward(const Element* __restrict__ x, const Element* __restrict__ dy, const Element* __restrict__ gamma,
             const float* __restrict__ mean, const float* __restrict__ rstd, Element* __restrict__ dx, float2* row_sums,
             float* partials, Index rows, Index columns, bool in_ring) {
  if (!in_ring) {
    float* const partial = partial_of(partials, blockIdx.x, columns);
    gradients_in_slabs<KNOB_BLOCK, kPacks>(x, dy, gamma, mean, rstd, dx, row_sums, partial, rows, columns);
  } else if (columns == kCluster * KNOB_BLOCK * KNOB_HELD) {
    work_in_ring<true>(x, dy, gamma, mean, rstd, dx, partials, rows, columns);
  } else {
    work_in_ring<false>(x, dy, gamma, mean, rstd, dx, partials, rows, columns);
  }
}

extern "C" __global__ void __launch_bounds__(256)
    finish(const float* __restrict__ partials, Element* __restrict__ dgamma, Element* __restrict__ dbeta, Index parts,
           Index columns) {
  finish_columns<256>(partials, parts, columns, dgamma, dbeta);
}
