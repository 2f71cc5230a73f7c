/* knobscope
title = "Row kept in registers"
idea = """
The largest memory near a multiprocessor's arithmetic is not a cache but its registers: 256 KB. A block reads its row \
once and keeps it there; the sums, the squares and the result all come from registers, so three passes cost the \
traffic of one. Registers cannot be indexed at run time, so how many packs of 16 bytes a thread keeps is a constant, \
and a row longer than block * packs * 16 bytes does not fit. The knob that matters is packs: the fewest that hold the \
row, because every further one takes registers from the blocks that could run beside this one, and too many spill."""
operation = "layernorm_forward"
types = ["f32", "f16", "bf16"]
activations = ["none", "relu", "gelu"]

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 256
help = "threads in a block, which share one row"

[knobs.packs]
values = [1, 2, 3, 4, 6, 8, 12, 16]
default = 4
help = "packs of 16 bytes that each thread keeps: block * packs of them hold a row"

[[requires]]
condition = "columns * element_size <= block * packs * 16"
reason = "the row is longer than what the block's threads keep in registers: take more threads or more packs"

[[launches]]
entry = "layernorm"
grid = "rows"
block = "block"
arguments = ["x", "gamma", "beta", "y", "mean", "rstd", "columns", "epsilon"]

[traffic]
reads = "elements * element_size + 2 * columns * element_size"
writes = "elements * element_size + 8 * rows"
note = "Everything once: less than this nothing can move."

[numerics]
accumulate = "f32"
note = """
With the row at hand, a warp passes over its values twice, about its own mean, and also takes out by how much rounding \
has moved that mean: all that is free. The warps' moments are merged by Chan's formula, relative to the first one's \
mean. Right where the mean is thousands of times the spread."""
deterministic = true

[source]
note = "What fused kernels do for hidden sizes up to some ten thousand."
*/

#include <knobscope/kept_row.h>

using namespace knobscope;

// kFull: each thread has KNOB_PACKS packs of the row, and there is nothing else in it.
template <bool kFull>
__device__ void work(const Element* x, const Element* gamma, const Element* beta, Element* y, float* mean, float* rstd,
                     Index columns, float epsilon) {
  const Index row = blockIdx.x;
  const Stretch stretch = cut(row * columns, (row + 1) * columns);
  const KeptRow<KNOB_BLOCK, KNOB_PACKS, kFull> kept(stretch, x + stretch.packs_begin, x);

  const ExactMoments of_row = merge_warps<KNOB_BLOCK>(kept.moments_of_warp(), kept.count());
  const float row_rstd = rsqrtf(of_row.m2 / of_row.count + epsilon);
  if (threadIdx.x == 0) {
    mean[row] = of_row.mean;
    rstd[row] = row_rstd;
  }
  kept.normalize(0, of_row, row_rstd, Affine<KNOB_BLOCK, KNOB_PACKS, false>(gamma, beta), y);
}

extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void layernorm(
    const Element* __restrict__ x, const Element* __restrict__ gamma, const Element* __restrict__ beta,
    Element* __restrict__ y, float* __restrict__ mean, float* __restrict__ rstd, Index columns, float epsilon) {
  if (columns == KNOB_BLOCK * KNOB_PACKS * kPack) {
    work<true>(x, gamma, beta, y, mean, rstd, columns, epsilon);
  } else {
    work<false>(x, gamma, beta, y, mean, rstd, columns, epsilon);
  }
}
