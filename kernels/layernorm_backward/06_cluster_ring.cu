/* knobscope
title = "Ring of rows across a cluster"
idea = """
A row of 16,384 floats of x and one of dy are 128 KB: one block's shared memory holds a single one, and a ring of one \
slot is no ring. A cluster of blocks shares a row instead. Each has a slice of it, in a ring of its own, and the same \
columns in every row; what is left to exchange are two sums. Every warp sends its own straight into the shared memory \
of all blocks, which count the bytes on a barrier as if a copy had brought them: that takes the place of the block's \
own barrier and costs little more. The knob that matters is cluster: the more blocks share a row, the more rows are on \
their way. But a cluster must lie within one group of neighbouring multiprocessors, so large ones leave some idle: \
where the knob idle is less than that, the last clusters wait for their turn, and the time grows by half."""
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
values = [1, 2, 3, 4, 5, 6, 8, 10, 12]
default = 6
help = "slices of x and of dy in a block's ring: one is worked on, the others are on their way"

[knobs.idle]
values = [0, 4, 8, 12, 16, 20, 24, 36]
default = 12
help = "multiprocessors that get no block: clusters do not fill all groups, and one too many waits for its turn"

[values]
row_clusters = "min(rows, max(floor((sm_count - idle) / cluster), 1))"
partial_sums = "2 * round_up(columns, 8)"  # of a block, in floats
ring = "stages * 2 * ceil_div(columns * element_size, 16 * cluster) * 16"
in_ring = """
columns * element_size % 16 == 0 && columns <= cluster * block * held && ring <= shared_per_block_optin - 8192"""

[[requires]]
condition = "compute_capability >= 90"
reason = "Clusters and bulk asynchronous copies came with compute capability 9.0 (Hopper)."

[[buffers]]
name = "partials"
type = "f32"
count = "row_clusters * cluster * partial_sums"

[[buffers]]
name = "row_sums"
type = "f32"
count = "2 * rows"

[[launches]]
entry = "backward"
grid = "row_clusters * cluster"
block = "block"
cluster = "cluster"
shared = "in_ring ? ring : 0"
arguments = ["x", "dy", "gamma", "mean", "rstd", "dx", "row_sums", "partials", "rows", "columns", "in_ring"]

# Without a ring every block leaves partial sums, not every cluster.
[[launches]]
entry = "finish"
grid = "min(ceil_div(partial_sums, 64), 1024)"
block = 256
arguments = ["partials", "dgamma", "dbeta", "row_clusters * (in_ring ? 1 : cluster)", "columns"]

[traffic]
reads = "(in_ring ? 2 : 4) * elements * element_size + columns * element_size + 8 * rows + row_clusters * 8 * columns"
writes = "elements * element_size + 2 * columns * element_size + row_clusters * 8 * columns"
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

// The sums of a row over the blocks that share it, in two rounds in turn: while some still read those of the last row,
// the first ones send already for the next.
struct Exchange {
  float2 of_warps[2][kCluster * kWarps];
  Barrier received[2];

  KNOBSCOPE_INLINE void expect(int round) { received[round].arrive_and_expect(sizeof(of_warps[round])); }

  // By every thread of every block; each receives the same bits. Behind it all threads of this block have done what
  // they did before.
  KNOBSCOPE_INLINE float2 add_up(float2 value, Turn<2> turn) {
    const int lane = threadIdx.x % kWarp;
    const int warp = threadIdx.x / kWarp;
    float2(&sums)[kCluster * kWarps] = of_warps[turn.slot];
    value = reduce_to_all(value);
    __syncwarp();  // what is sent says for all lanes that they have read their slice, and the sums before
    if (lane < kCluster) send(lane, &sums[cluster_rank() * kWarps + warp], value, received[turn.slot]);
    received[turn.slot].wait_for_cluster(turn.parity);
    if (threadIdx.x == 0) expect(turn.slot);  // for the row after the next
    float2 sum{};
#pragma unroll
    for (int i = 0; i < kCluster * kWarps; ++i) sum = merge(sum, sums[i]);
    return sum;
  }
};

// Rows in turn to every cluster, and of each row a slice to every block, through the ring. kWhole: all threads have all
// their columns. Not inlined, so that each way of doing it has all registers to itself.
template <bool kWhole>
__device__ __noinline__ void work_in_ring(const Element* x, const Element* dy, const Element* gamma, const float* mean,
                                          const float* rstd, Element* dx, float* partials, Index rows, Index columns) {
  extern __shared__ __align__(128) uint4 slots[];  // in turn a slice of x and one of dy
  __shared__ Barrier loaded[KNOB_STAGES];
  __shared__ Exchange exchange;
  const Index cluster = blockIdx.x / kCluster;
  const Index clusters = gridDim.x / kCluster;

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
      fill(slot, cluster + slot * clusters);
    }
    for (int round = 0; round < 2; ++round) {
      exchange.received[round].init(1);
      exchange.expect(round);
    }
  }
  cluster_sync();  // nobody sends to a barrier that is not there yet

  // dx is written as what nobody reads again: a hundredth of the time.
  HeldColumns<KNOB_BLOCK, kPacks, kWhole, Hint::streaming> held(gamma + begin, threadIdx.x, length, true);
  float* const partial = partial_of(partials, cluster, columns) + begin;
  RowScale next_scale{mean[cluster], rstd[cluster]};
  Turn<KNOB_STAGES> turn;
  Turn<2> exchange_turn;
  for (Index row = cluster; row < rows; row += clusters, turn.advance(), exchange_turn.advance()) {
    const RowScale scale = next_scale;
    if (row + clusters < rows) next_scale = RowScale{mean[row + clusters], rstd[row + clusters]};
    loaded[turn.slot].wait(turn.parity);
    RowPacks<kPacks> packs = held.read_row(x_slot(turn.slot), dy_slot(turn.slot), scale);
    const float2 of_row = exchange.add_up(held.add_row(packs), exchange_turn);
    if (threadIdx.x == 0) fill(turn.slot, row + KNOB_STAGES * clusters);  // all have read the slot
    held.store_row(dx + row * columns, packs, RowTerms::of(scale, of_row, columns));
    held.row_is_over(partial, partial_stride(columns));
  }
  held.put_sums(partial, partial_stride(columns));
  cluster_sync();  // nobody ends while another may send to it
}

extern "C" __global__ __launch_bounds__(KNOB_BLOCK, 1) void backward(
    const Element* __restrict__ x, const Element* __restrict__ dy, const Element* __restrict__ gamma,
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

extern "C" __global__ __launch_bounds__(256) void finish(
    const float* __restrict__ partials, Element* __restrict__ dgamma, Element* __restrict__ dbeta, Index parts,
    Index columns) {
  finish_columns<256>(partials, parts, columns, dgamma, dbeta);
}
