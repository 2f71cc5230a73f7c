/* knobscope
title = "Channels read again from the L2 cache"
idea = """
The end of a launch is an expensive meeting: by then all of x has passed, and it comes from memory again. Here one \
launch does both. A block takes a number when it starts, and the number says what it does: gather a part of a channel, \
or normalize a part of one gathered a little before, which is still in the L2 cache. Of the blocks that gather a \
channel the last one, told by a counter, merges the parts and puts up the channel's flag. Numbers are handed out in \
order, so whatever a block waits for was taken by one that is already running: nobody waits forever. The knob that \
matters is ahead: with few the blocks wait for the flag, with many the channel has left the cache. Fewer bytes from \
memory are not less time: on an H200 channels of 4 MB take longer than in three launches. A block's ticket, its flag \
and its first load come one after the other, which may be why."""
operation = "batchnorm_training"
types = ["f32", "f16", "bf16"]

[knobs.ahead]
values = [1, 2, 3, 4, 6, 8, 16, 64]
default = 4
help = "channels gathered before the first is normalized"

[knobs.splits]
values = [1, 2, 4, 8, 16, 32, 64, 66, 128, 132, 256, 512, 1024]
default = 128
help = "parts of a channel, a block each"

[knobs.packs]
values = [1, 2, 4, 8]
default = 4
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

[[buffers]]
name = "arrived"
type = "u32"
count = "channels"
clear = true

[[buffers]]
name = "next_ticket"
type = "u32"
count = "1"
clear = true

# Every part of every channel, once to gather and once to normalize.
[[launches]]
entry = "batchnorm"
grid = "2 * channels * splits"
block = "block"
arguments = [
  "x", "gamma", "beta", "running_mean", "running_var", "y", "mean", "rstd", "next_running_mean", "next_running_var",
  "partials", "normalizations", "arrived", "next_ticket", "batch", "channels", "plane", "momentum", "epsilon",
]

[traffic]
reads = "2 * elements * element_size + channels * (2 * element_size + 24 + splits * 12)"
writes = "elements * element_size + channels * (32 + splits * 12)"
note = """
x twice, the second time from the L2 cache where it holds the channels between: the reads from DRAM are then nearly \
half. A channel larger than the cache comes from DRAM twice. Clearing the counters is part of the time."""

[numerics]
accumulate = "f32"
note = """
Distances from a value of the channel's middle are exact, and their moments are merged by Chan. Which block merges a \
channel depends on luck, the order in which it merges does not: the bits are the same in every run."""
deterministic = true

[source]
note = """
The last block of the CUDA sample threadFenceReduction, and the order by ticket of single-pass scans: Merrill and \
Garland, NVIDIA technical report NVR-2016-002."""
*/

#include <knobscope/channel.h>
#include <knobscope/last_block.h>

using namespace knobscope;

constexpr Index kSliceLength = Index{KNOB_BLOCK} * KNOB_PACKS * kPack;

// What the blocks of one group of tickets do, each with its part of the channel.
struct Work {
  bool gathers;  // or else normalizes
  Index channel;
};

// First `ahead` channels are gathered, then one normalized and one gathered in turn, and at the end the last ones
// normalized.
__device__ Work work_of(Index group, Index channels) {
  const Index ahead = min(Index{KNOB_AHEAD}, channels);
  const Index turn = group - ahead;
  if (turn < 0) return Work{true, group};
  if (turn >= 2 * (channels - ahead)) return Work{false, group - channels};
  const bool gathers = turn % 2 == 1;
  return Work{gathers, turn / 2 + (gathers ? ahead : 0)};
}

// partials and normalizations are written and read within the launch: they must not be promised to be constant.
extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void batchnorm(
    const Element* __restrict__ x, const Element* __restrict__ gamma, const Element* __restrict__ beta,
    const float* __restrict__ running_mean, const float* __restrict__ running_var, Element* __restrict__ y,
    float* __restrict__ mean, float* __restrict__ rstd, float* __restrict__ next_running_mean,
    float* __restrict__ next_running_var, Moments* partials, Normalization* normalizations, unsigned* arrived,
    unsigned* next_ticket, Index batch, Index channels, Index plane, float momentum, float epsilon) {
  const Index ticket = take_ticket(next_ticket);
  const Work work = work_of(ticket / KNOB_SPLITS, channels);
  const Index channel = work.channel;
  const Index part = ticket % KNOB_SPLITS;
  const Slices slices(batch, channels, plane, kSliceLength);

  if (work.gathers) {
    const float centre = slices.centre(x, channel);
    const SliceRange range = part_of_channel(slices, part, KNOB_SPLITS);
    const Moments of_part = moments_about<KNOB_BLOCK, KNOB_PACKS>(centre, x, slices, channel, range);
    Moments* const parts = partials + channel * KNOB_SPLITS;
    if (threadIdx.x == 0) parts[part] = of_part;
    if (!is_last_to_arrive(arrived + channel, KNOB_SPLITS) || threadIdx.x >= kWarp) return;
    const ChannelVectors vectors{
        gamma, beta, running_mean, running_var, mean, rstd, next_running_mean, next_running_var, momentum, epsilon};
    vectors.finalize(channel, centre, parts, KNOB_SPLITS, 1, normalizations);
    if (threadIdx.x == 0) raise_flag(arrived + channel);
  } else {
    // What was read last is read again first: of a channel too large for the cache, that is what is left.
    const SliceRange range = part_of_channel(slices, KNOB_SPLITS - 1 - part, KNOB_SPLITS);
    wait_for_flag(arrived + channel, KNOB_SPLITS);
    normalize_slices<KNOB_BLOCK, KNOB_PACKS>(normalizations[channel], x, y, slices, channel, range, Walk::backwards);
  }
}
