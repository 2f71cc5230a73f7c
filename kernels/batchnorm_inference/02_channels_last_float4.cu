/* knobscope
title = "Channels last, float4"
idea = """
Neighbours in memory have different channels, so a pack of 16 bytes has several. But the channels come round again: \
packs that are a whole number of rounds apart have the same ones. A thread works only on such packs, so it works out \
scale and shift for its few channels once, and keeps them in registers. The knob that matters is packs: that start \
takes longer than to bring one or two packs from memory. Four hide it; of 16-bit types, where a thread has eight \
channels, it takes eight."""
operation = "batchnorm_inference"
types = ["f32", "f16", "bf16"]
layouts = ["nhwc"]

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 256
help = "threads in a block"

[knobs.packs]
values = [1, 2, 4, 8, 16, 32]
default = 4
help = "16-byte packs of a thread, a whole number of rounds through the channels apart"

# A round is so many packs that the channels come again behind it: one pixel, or where its channels are no whole packs,
# as many pixels as a pack has elements. Slabs are the pieces of a round that a block can hold.
[[launches]]
entry = "batchnorm"
grid = """
ceil_div(channels * element_size % 16 == 0 ? channels * element_size / 16 : channels, block) * \
max(1, ceil_div(elements * element_size, block * packs * 16 * \
ceil_div(channels * element_size % 16 == 0 ? channels * element_size / 16 : channels, block)))"""
block = "block"
arguments = ["x", "gamma", "beta", "running_mean", "running_var", "y", "elements", "channels", """\
channels * element_size % 16 == 0 ? channels * element_size / 16 : channels""", """\
ceil_div(channels * element_size % 16 == 0 ? channels * element_size / 16 : channels, block)""", "epsilon"]

[traffic]
reads = "elements * element_size + channels * (2 * element_size + 8)"
writes = "elements * element_size"
note = "The channels' numbers come from a cache after the first time."

[numerics]
accumulate = "f32"
note = "The mean is subtracted before anything is multiplied, so a large mean costs no digits."
deterministic = true

[source]
note = "The formula, for the order in memory that frameworks call channels last."
*/

#include <knobscope/vector.h>

using namespace knobscope;

// `round` packs, from any multiple of it on, have the same channels as the first `round`: a tensor is so many rounds
// and perhaps a part of one. Blocks of the same slab handle the same piece of a round.
extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void batchnorm(
    const Element* __restrict__ x, const Element* __restrict__ gamma, const Element* __restrict__ beta,
    const float* __restrict__ running_mean, const float* __restrict__ running_var, Element* __restrict__ y,
    Index elements, unsigned channels, unsigned round, unsigned slabs, float epsilon) {
  const Index packs = elements / kPack;
  const unsigned slab_length = (round + slabs - 1) / slabs;    // at most the block
  const unsigned rounds_at_once = KNOB_BLOCK / slab_length;    // short rounds share a block
  const unsigned round_of_thread = threadIdx.x / slab_length;  // the last threads may have none
  const unsigned slab = blockIdx.x % slabs;
  const unsigned in_round = slab * slab_length + threadIdx.x % slab_length;
  const bool works = round_of_thread < rounds_at_once && in_round < round;

  // The block's rounds, one group after another.
  const unsigned blocks_of_slab = gridDim.x / slabs;
  const Index rounds = (packs + round - 1) / round;
  const Index groups = (rounds + rounds_at_once - 1) / rounds_at_once;
  const Index groups_of_block = (groups + blocks_of_slab - 1) / blocks_of_slab;
  const Index first_group = blockIdx.x / slabs * groups_of_block;
  const Index begin = (first_group * rounds_at_once + round_of_thread) * round + in_round;
  const Index end = min(packs, (first_group + groups_of_block) * rounds_at_once * round);
  const Index step = Index{rounds_at_once} * round;

  if (works && begin < end) {
    float centres[kPack];
    float scales[kPack];
    float shifts[kPack];
    unsigned channel = static_cast<unsigned>(Index{in_round} * kPack % channels);
#pragma unroll
    for (int i = 0; i < kPack; ++i) {
      centres[i] = running_mean[channel];
      scales[i] = to_float(gamma[channel]) * rsqrtf(running_var[channel] + epsilon);
      shifts[i] = to_float(beta[channel]);
      channel = channel + 1 < channels ? channel + 1 : 0;
    }
#pragma unroll 2
    for (Index pack = begin; pack < end; pack += step) {
      PackValues values = load_pack(x + pack * kPack);
#pragma unroll
      for (int i = 0; i < kPack; ++i) values.at[i] = (values.at[i] - centres[i]) * scales[i] + shifts[i];
      store_pack(y + pack * kPack, values);
    }
  }

  // What is less than a pack.
  const Index at = packs * kPack + threadIdx.x;
  if (blockIdx.x == 0 && at < elements) {
    const Index channel = at % channels;
    const float scale = to_float(gamma[channel]) * rsqrtf(running_var[channel] + epsilon);
    y[at] = from_float<Element>((to_float(x[at]) - running_mean[channel]) * scale + to_float(beta[channel]));
  }
}
