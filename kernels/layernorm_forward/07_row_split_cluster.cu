/* knobscope
title = "Row split over a cluster of blocks"
idea = """
Blocks that share a row have to tell each other what they have found, and so far that went through memory: a second \
launch, a counter, a barrier of the grid. The blocks of a cluster run side by side by promise, and each can write into \
the others' shared memory. So a row is cut into as many parts as a cluster has blocks, each block keeps its part in \
registers, leaves its moments with all the others and meets them once: x is read a single time, though no block could \
hold the row. The knob that matters is cluster: the smallest that holds the row, for the blocks of a large one wait \
for each other, and must find room beside each other first."""
operation = "layernorm_forward"
types = ["f32", "f16", "bf16"]
activations = ["none", "relu", "gelu"]

[knobs.cluster]
values = [1, 2, 4, 8, 16]
default = 8
help = "blocks that share a row: 8 are always possible, 16 on some GPUs"

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 256
help = "threads in a block, which share one part of a row"

[knobs.packs]
values = [1, 2, 3, 4, 6, 8, 12, 16]
default = 8
help = "packs of 16 bytes that each thread keeps: cluster * block * packs of them hold a row"

[[requires]]
condition = "compute_capability >= 90"
reason = "Clusters of blocks came with compute capability 9.0 (Hopper)."

[[requires]]
condition = "ceil_div(columns, cluster) * element_size <= block * packs * 16"
reason = "the row is longer than what the cluster keeps in registers: take more blocks, threads or packs"

[[launches]]
entry = "layernorm"
cluster = "cluster"
grid = "rows * cluster"
block = "block"
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "columns", "epsilon"]

[traffic]
reads = "elements * element_size + 2 * columns * element_size"
writes = "elements * element_size + 8 * rows"
note = "Everything once: less than this nothing can move."

[numerics]
accumulate = "f32"
note = """
A warp passes over its values twice, about its own mean, and also takes out by how much rounding has moved that mean. \
The moments of warps, and then those of blocks, are merged by Chan's formula, relative to the first one's mean. Right \
where the mean is thousands of times the spread."""
deterministic = true

[source]
note = "Thread block clusters and distributed shared memory, CUDA programming guide."
*/

#include <knobscope/cluster.h>
#include <knobscope/kept_row.h>
#include <knobscope/row_parts.h>

using namespace knobscope;

// kFull: each thread has KNOB_PACKS packs of the row, and there is nothing else in it.
template <bool kFull>
__device__ void work(const Element* x, const Element* gamma, const Element* beta, Element* y, float* mean, float* rstd,
                     Index columns, float epsilon, ExactMoments* of_parts) {
  const int rank = cluster_rank();
  const Index row = blockIdx.x / KNOB_CLUSTER;
  const Index first = row * columns;
  const Stretch part = part_of_row(first, columns, rank, KNOB_CLUSTER);
  const KeptRow<KNOB_BLOCK, KNOB_PACKS, kFull> kept(part, x + part.packs_begin, x);
  const ExactMoments of_part = merge_warps<KNOB_BLOCK>(kept.moments_of_warp(), kept.count());

  cluster_wait();  // the others are here as well
  if (threadIdx.x < KNOB_CLUSTER) *in_block(threadIdx.x, &of_parts[rank]) = of_part;
  cluster_sync();  // all parts have come, here and everywhere: any block may end

  const ExactMoments of_row = merge_groups<KNOB_CLUSTER>(of_parts, columns);
  const float row_rstd = rsqrtf(of_row.m2 / of_row.count + epsilon);
  if (rank == 0 && threadIdx.x == 0) {
    mean[row] = of_row.mean;
    rstd[row] = row_rstd;
  }
  kept.normalize(part.begin - first, of_row, row_rstd, Affine<KNOB_BLOCK, KNOB_PACKS, false>(gamma, beta), y);
}

extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void layernorm(
    const Element* __restrict__ x, const Element* __restrict__ gamma, const Element* __restrict__ beta,
    Element* __restrict__ y, float* __restrict__ mean, float* __restrict__ rstd, Index columns, float epsilon) {
  __shared__ ExactMoments of_parts[KNOB_CLUSTER];
  cluster_arrive();  // this block is here: its shared memory may be written to
  if (columns == Index{KNOB_CLUSTER} * KNOB_BLOCK * KNOB_PACKS * kPack) {
    work<true>(x, gamma, beta, y, mean, rstd, columns, epsilon, of_parts);
  } else {
    work<false>(x, gamma, beta, y, mean, rstd, columns, epsilon, of_parts);
  }
}
