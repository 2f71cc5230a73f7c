/* knobscope
title = "Channel split, the last block finalizes"
idea = """
The small launch between the two large ones, which only merges, need not be: of the blocks that gather a channel each \
takes a number when its part is in memory, and the one that takes the last number knows that all parts are there. It \
merges them and writes what the channel is normalized with. What is saved is a launch, a few microseconds: much of a \
small tensor's time, nothing of a large one's. The knob that matters is splits: more parts fill the GPU, \
but are more for the last block to merge."""
operation = "batchnorm_training"
types = ["f32", "f16", "bf16"]

[knobs.splits]
values = [1, 2, 4, 8, 16, 32, 33, 64, 66, 128, 132, 256, 512]
default = 64
help = "parts of a channel, a block each; channels * splits blocks should fill every multiprocessor several times"

[knobs.backwards]
values = [0, 1]
default = 1
help = "1: the second launch walks through x from its end, and finds that in the L2 cache"

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
name = "arrived"
type = "u32"
count = "channels"
clear = true

[[buffers]]
name = "normalizations"
type = "f32"
count = "channels * 4"

# Blocks are numbered through the channels first: as x lies in memory, image after image.
[[launches]]
entry = "gather"
grid = "channels * splits"
block = "block"
arguments = [
  "x", "gamma", "beta", "running_mean", "running_var", "mean", "rstd", "next_running_mean", "next_running_var",
  "partials", "arrived", "normalizations", "batch", "channels", "plane", "momentum", "epsilon",
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
x once per launch; backwards, the L2 cache saves up to its own size of that. Clearing the counters before each run is \
part of the time."""

[numerics]
accumulate = "f32"
note = """
Distances from a value of the channel's middle are exact; a pack's moments are taken about its own mean, and \
everything above is merged by Chan. Which block merges a channel depends on luck, the order in which it merges does \
not: the bits are the same in every run."""
deterministic = true

[source]
note = "The last block of the CUDA sample threadFenceReduction."
*/

#include <knobscope/channel.h>
#include <knobscope/last_block.h>

using namespace knobscope;

constexpr Index kSliceLength = Index{KNOB_BLOCK} * KNOB_PACKS * kPack;

// partials are written and read within the launch: they must not be promised to be constant.
extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void gather(
    const Element* __restrict__ x, const Element* __restrict__ gamma, const Element* __restrict__ beta,
    const float* __restrict__ running_mean, const float* __restrict__ running_var, float* __restrict__ mean,
    float* __restrict__ rstd, float* __restrict__ next_running_mean, float* __restrict__ next_running_var,
    Moments* partials, unsigned* arrived, Normalization* __restrict__ normalizations, Index batch, Index channels,
    Index plane, float momentum, float epsilon) {
  const Slices slices(batch, channels, plane, kSliceLength);
  const Index channel = blockIdx.x % channels;
  const Index part = blockIdx.x / channels;
  const SliceRange range = part_of_channel(slices, part, KNOB_SPLITS);
  const float centre = slices.centre(x, channel);
  const Moments of_part = moments_about<KNOB_BLOCK, KNOB_PACKS>(centre, x, slices, channel, range);
  Moments* const parts = partials + channel * KNOB_SPLITS;
  if (threadIdx.x == 0) parts[part] = of_part;
  if (!is_last_to_arrive(arrived + channel, KNOB_SPLITS) || threadIdx.x >= kWarp) return;

  const ChannelVectors vectors{
      gamma, beta, running_mean, running_var, mean, rstd, next_running_mean, next_running_var, momentum, epsilon};
  vectors.finalize(channel, centre, parts, KNOB_SPLITS, 1, normalizations);
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
