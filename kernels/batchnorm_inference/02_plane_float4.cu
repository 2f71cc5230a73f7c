/* knobscope
title = "By plane, float4"
idea = """
A block works inside one plane, so its channel is known once and for all: scale and shift are worked out once per \
block instead of once per element. Threads move 16 bytes at a time, several of them, so that the block's start is \
paid for by more work. Planes of any size work: edges that are not on 16 bytes go element by element. The knob that \
matters is packs: with one a block is hardly worth its start, and with many the memory changes between reading and \
writing less regularly."""
operation = "batchnorm_inference"
types = ["f32", "f16", "bf16"]

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 256
help = "threads in a block"

[knobs.packs]
values = [1, 2, 4, 8, 16, 32]
default = 2
help = "16-byte packs a thread handles; a plane takes ceil(plane / (block * packs * pack)) blocks"

[knobs.folded]
values = [0, 1]
default = 0
help = "1: the mean is folded into the shift, one multiply-add per element; 0: it is subtracted first"

[[launches]]
entry = "batchnorm"
grid = "batch * channels * ceil_div(plane * element_size, block * packs * 16)"
block = "block"
arguments = ["x", "gamma", "beta", "running_mean", "running_var", "y", "channels", "plane", "epsilon"]

[traffic]
reads = "elements * element_size + channels * (2 * element_size + 8)"
writes = "elements * element_size"
note = "The channels' numbers come from a cache after the first time."

[numerics]
accumulate = "f32"
note = """
Folded, x * scale and the shift are both as large as mean / spread and cancel: at a mean of 1000 spreads three \
digits of y are lost. Not folded, the mean is subtracted first and nothing is lost. Memory is the limit either way, \
so the saving buys nothing."""
deterministic = true

[source]
note = "What inference engines do when they fold a BatchNorm into one multiply-add."
*/

#include <knobscope/vector.h>

using namespace knobscope;

extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void batchnorm(
    const Element* __restrict__ x, const Element* __restrict__ gamma, const Element* __restrict__ beta,
    const float* __restrict__ running_mean, const float* __restrict__ running_var, Element* __restrict__ y,
    Index channels, Index plane, float epsilon) {
  // Which plane, and which part of it: the only divisions left, one per block.
  constexpr Index kPart = static_cast<Index>(KNOB_BLOCK) * KNOB_PACKS * kPack;
  const Index parts = (plane + kPart - 1) / kPart;
  const Index plane_number = blockIdx.x / parts;
  const Index begin = blockIdx.x % parts * kPart;
  const Index first = plane_number * plane;
  const Stretch stretch = cut(first + begin, first + min(begin + kPart, plane));

  const Index channel = plane_number % channels;
  const float scale = to_float(gamma[channel]) / sqrtf(running_var[channel] + epsilon);
  const float centre = KNOB_FOLDED ? 0.0F : running_mean[channel];
  const float shift = to_float(beta[channel]) - (KNOB_FOLDED ? running_mean[channel] * scale : 0.0F);
  const auto normalize = [&](float value) { return (value - centre) * scale + shift; };

  for_each_edge<KNOB_BLOCK>(stretch, [&](Index at) { y[at] = from_float<Element>(normalize(to_float(x[at]))); });
  for_each_pack<KNOB_BLOCK, KNOB_PACKS>(stretch, [&](Index at) {
    PackValues values = load_pack(x + at);
    for (float& value : values.at) value = normalize(value);
    store_pack(y + at, values);
  });
}
