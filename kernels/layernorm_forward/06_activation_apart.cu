/* knobscope
title = "Activation as a launch of its own"
idea = """
The same LayerNorm, its row kept in registers, and then the activation as frameworks call it: one thread for 16 bytes, \
which it reads, changes and writes. Fusion is on every list of advice; this pair shows what it is worth. An activation \
is a few instructions on a number that is in a register anyway. Apart, the whole result goes to memory and comes back \
for them: twice the bytes, so nearly twice the time for a tensor that no cache holds, and for a small one the time of \
a launch. Compare with row_in_registers at the same block and packs."""
operation = "layernorm_forward"
types = ["f32", "f16", "bf16"]
activations = ["relu", "gelu"]

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 256
help = "threads in a block, of both launches"

[knobs.packs]
values = [1, 2, 3, 4, 6, 8, 12, 16]
default = 4
help = "packs of 16 bytes that each thread of the first launch keeps: block * packs of them hold a row"

[knobs.rounded]
values = [0, 1]
default = 0
help = "1: between the launches the result has the tensor's type, as in a framework; 0: it is f32"

[[requires]]
condition = "columns * element_size <= block * packs * 16"
reason = "the row is longer than what the block's threads keep in registers: take more threads or more packs"

[[buffers]]
name = "normalized"
type = "f32"
count = "rounded ? ceil_div(elements * element_size, 4) : elements"

[[launches]]
entry = "layernorm"
grid = "rows"
block = "block"
arguments = ["x", "gamma", "beta", "normalized", "mean", "rstd", "columns", "epsilon"]

[[launches]]
entry = "apply_activation"
grid = "ceil_div(elements * element_size, 16 * block)"
block = "block"
arguments = ["normalized", "y", "elements"]

[traffic]
reads = "elements * (element_size + (rounded ? element_size : 4)) + 2 * columns * element_size"
writes = "elements * (element_size + (rounded ? element_size : 4)) + 8 * rows"
note = "x, y, and in between the normalized tensor, once written and once read."

[numerics]
accumulate = "f32"
note = """
LayerNorm as with the row in registers. What lies in between is a float, so the result is the fused one's, bit for \
bit. With `rounded`, 16-bit types round it there and y once more: where GELU falls steeply towards 0, around -2.5, the \
first rounding is enough to miss the tolerance. Fused, nothing is rounded twice."""
deterministic = true

[source]
note = "What a framework runs that does not fuse."
*/

#include <knobscope/kept_row.h>

using namespace knobscope;

#if KNOB_ROUNDED
using Between = Element;
#else
using Between = float;
#endif

extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void layernorm(
    const Element* __restrict__ x, const Element* __restrict__ gamma, const Element* __restrict__ beta,
    Between* __restrict__ normalized, float* __restrict__ mean, float* __restrict__ rstd, Index columns,
    float epsilon) {
  const Index row = blockIdx.x;
  const Stretch stretch = cut(row * columns, (row + 1) * columns);
  const KeptRow<KNOB_BLOCK, KNOB_PACKS> kept(stretch, x + stretch.packs_begin, x);

  const ExactMoments of_row = merge_warps<KNOB_BLOCK>(kept.moments_of_warp(), kept.count());
  const float row_rstd = rsqrtf(of_row.m2 / of_row.count + epsilon);
  if (threadIdx.x == 0) {
    mean[row] = of_row.mean;
    rstd[row] = row_rstd;
  }
  const Affine<KNOB_BLOCK, KNOB_PACKS, false> affine(gamma, beta);
  kept.normalize(0, of_row, row_rstd, affine, normalized, [](float value) { return value; });
}

extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void apply_activation(
    const Between* __restrict__ normalized, Element* __restrict__ y, Index elements) {
  const Index at = (blockIdx.x * Index{KNOB_BLOCK} + threadIdx.x) * kPack;
  if (at + kPack <= elements) {
#if KNOB_ROUNDED
    PackValues values = load_pack(normalized + at);
#else
    PackValues values = load_floats(normalized + at);
#endif
    for (float& value : values.at) value = activate(value);
    store_pack(y + at, values);
  } else {
    for (Index i = at; i < elements; ++i) y[i] = from_float<Element>(activate(to_float(normalized[i])));
  }
}
