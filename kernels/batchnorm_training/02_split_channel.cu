/* knobscope
title = "Channel split over blocks, three launches"
idea = """
A channel is cut into parts, a block each, so that few channels keep all of the GPU busy. The first launch leaves \
every part's moments in memory, the second, a warp per channel, merges them into mean, variance and the running \
statistics, and the third normalizes. The ends of the launches are the meetings that blocks need. The knob that \
matters is backwards: the third launch then begins with what the first one has read last, which is still in the L2 \
cache."""
operation = "batchnorm_training"
types = ["f32", "f16", "bf16"]

[knobs.backwards]
values = [0, 1]
default = 1
help = "1: the last launch walks through x from its end, and finds that in the L2 cache"

[knobs.splits]
values = [1, 2, 4, 8, 16, 32, 33, 64, 66, 128, 132, 256, 512]
default = 64
help = "parts of a channel, a block each; channels * splits blocks should fill every multiprocessor several times"

[knobs.packs]
values = [1, 2, 4, 8, 16]
default = 8
help = "16-byte packs of a thread in a slice; a plane is cut into slices of block * packs packs"

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 512
help = "threads in a block, which share one part of a channel"

[[buffers]]
name = "partials"
type = "f32"
count = "channels * splits * 3"

[[buffers]]
name = "normalizations"
type = "f32"
count = "channels * 4"

# Blocks are numbered through the channels first: as x lies in memory, image after image.
[[launches]]
entry = "gather"
grid = "channels * splits"
block = "block"
arguments = ["x", "partials", "batch", "channels", "plane"]

[[launches]]
entry = "finalize"
grid = "ceil_div(channels, 4)"
block = "128"
arguments = [
  "x", "gamma", "beta", "running_mean", "running_var", "mean", "rstd", "next_running_mean", "next_running_var",
  "partials", "normalizations", "batch", "channels", "plane", "momentum", "epsilon",
]

[[launches]]
entry = "apply"
grid = "channels * splits"
block = "block"
arguments = ["x", "y", "normalizations", "batch", "channels", "plane"]

[traffic]
reads = "2 * elements * element_size + channels * (2 * element_size + 24 + splits * 12)"
writes = "elements * element_size + channels * (32 + splits * 12)"
note = """
x once per large launch. Backwards, the L2 cache saves up to its own size of that, which is most of a small tensor and \
hardly any of a large one."""

[numerics]
accumulate = "f32"
note = """
Distances from a value of the channel's middle are exact; a pack's moments are taken about its own mean, and \
everything above is merged by Chan, always in the same order. Right for any mean, with short chains."""
deterministic = true

[source]
note = "Chan, Golub and LeVeque, The American Statistician 37 (1983)."
*/

#include <knobscope/channel.h>

using namespace knobscope;

constexpr Index kSliceLength = Index{KNOB_BLOCK} * KNOB_PACKS * kPack;

extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void gather(
    const Element* __restrict__ x, Moments* __restrict__ partials, Index batch, Index channels, Index plane) {
  const Slices slices(batch, channels, plane, kSliceLength);
  const Index channel = blockIdx.x % channels;
  const Index part = blockIdx.x / channels;
  const SliceRange range = part_of_channel(slices, part, KNOB_SPLITS);
  const Moments moments = moments_about<KNOB_BLOCK, KNOB_PACKS>(slices.centre(x, channel), x, slices, channel, range);
  if (threadIdx.x == 0) partials[channel * KNOB_SPLITS + part] = moments;
}

extern "C" __global__ __launch_bounds__(128) void finalize(
    const Element* __restrict__ x, const Element* __restrict__ gamma, const Element* __restrict__ beta,
    const float* __restrict__ running_mean, const float* __restrict__ running_var, float* __restrict__ mean,
    float* __restrict__ rstd, float* __restrict__ next_running_mean, float* __restrict__ next_running_var,
    const Moments* __restrict__ partials, Normalization* __restrict__ normalizations, Index batch, Index channels,
    Index plane, float momentum, float epsilon) {
  const Index channel = blockIdx.x * Index{4} + threadIdx.x / kWarp;
  if (channel >= channels) return;
  const float centre = Slices(batch, channels, plane, kSliceLength).centre(x, channel);
  const ChannelVectors vectors{
      gamma, beta, running_mean, running_var, mean, rstd, next_running_mean, next_running_var, momentum, epsilon};
  vectors.finalize(channel, centre, partials + channel * KNOB_SPLITS, KNOB_SPLITS, 1, normalizations);
}

extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void apply(
    const Element* __restrict__ x, Element* __restrict__ y, const Normalization* __restrict__ normalizations,
    Index batch, Index channels, Index plane) {
  const Slices slices(batch, channels, plane, kSliceLength);
  const Index block = KNOB_BACKWARDS ? gridDim.x - 1 - blockIdx.x : blockIdx.x;
  const Index channel = block % channels;
  const SliceRange range = part_of_channel(slices, block / channels, KNOB_SPLITS);
  normalize_slices<KNOB_BLOCK, KNOB_PACKS>(
      normalizations[channel], x, y, slices, channel, range, KNOB_BACKWARDS ? Walk::backwards : Walk::forwards);
}
