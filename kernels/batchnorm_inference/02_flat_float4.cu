/* knobscope
title = "Flat, float4"
idea = """
A block to a plane is a waste where planes are small: 7 x 7 elements keep a dozen of its threads busy. Here blocks \
take the tensor as it lies in memory, pack by pack, and each pack finds its channel by a division, one for four or \
eight elements instead of one for each. Where a pack runs over the end of a plane, the next channel's numbers are \
fetched in the middle of it. The knob that matters is packs: a block's start has divisions of 64 bits, which several \
packs share."""
operation = "batchnorm_inference"
types = ["f32", "f16", "bf16"]

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 256
help = "threads in a block"

[knobs.packs]
values = [1, 2, 4, 8]
default = 2
help = "16-byte packs of a thread"

[[requires]]
condition = "plane < 2147483648 && channels < 2147483648"
reason = "offsets within a block are counted in 32 bits: take plane_float4"

[[launches]]
entry = "batchnorm"
grid = "ceil_div(elements * element_size, block * packs * 16)"
block = "block"
arguments = ["x", "gamma", "beta", "running_mean", "running_var", "y", "elements", "channels", "plane", "epsilon"]

[traffic]
reads = "elements * element_size + channels * (2 * element_size + 8)"
writes = "elements * element_size"
note = "The channels' numbers come from a cache after the first time."

[numerics]
accumulate = "f32"
note = "The mean is subtracted before anything is multiplied, so a large mean costs no digits."
deterministic = true

[source]
note = "The formula, sixteen bytes at a time."
*/

#include <knobscope/vector.h>

using namespace knobscope;

struct Channel {
  float centre;
  float scale;
  float shift;
};

extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void batchnorm(
    const Element* __restrict__ x, const Element* __restrict__ gamma, const Element* __restrict__ beta,
    const float* __restrict__ running_mean, const float* __restrict__ running_var, Element* __restrict__ y,
    Index elements, unsigned channels, unsigned plane, float epsilon) {
  const auto numbers_of = [&](unsigned channel) {
    return Channel{running_mean[channel], to_float(gamma[channel]) * rsqrtf(running_var[channel] + epsilon),
                   to_float(beta[channel])};
  };

  // Where the block begins needs 64 bits; from there on 32 are enough, and a division is much shorter.
  const Index begin = blockIdx.x * static_cast<Index>(KNOB_BLOCK * KNOB_PACKS * kPack);
  const unsigned first_channel = static_cast<unsigned>(begin / plane % channels);
  const unsigned first_place = static_cast<unsigned>(begin % plane);

#pragma unroll
  for (int i = 0; i < KNOB_PACKS; ++i) {
    const unsigned in_block = (i * KNOB_BLOCK + threadIdx.x) * kPack;
    const Index at = begin + in_block;
    const bool whole = at + kPack <= elements;
    const int count = whole ? kPack : static_cast<int>(max(elements - at, Index{0}));
    if (count == 0) continue;

    PackValues values;
    if (whole) {
      values = load_pack(x + at);
    } else {
#pragma unroll
      for (int k = 0; k < kPack; ++k) values.at[k] = k < count ? to_float(x[at + k]) : 0.0F;
    }

    unsigned channel = (first_channel + (first_place + in_block) / plane) % channels;
    unsigned place = (first_place + in_block) % plane;
    Channel numbers = numbers_of(channel);
#pragma unroll
    for (int k = 0; k < kPack; ++k) {
      values.at[k] = (values.at[k] - numbers.centre) * numbers.scale + numbers.shift;
      if (++place < plane || k + 1 >= count) continue;
      place = 0;
      channel = channel + 1 < channels ? channel + 1 : 0;
      numbers = numbers_of(channel);
    }

    if (whole) {
      store_pack(y + at, values);
    } else {
#pragma unroll
      for (int k = 0; k < kPack; ++k) {
        if (k < count) y[at + k] = from_float<Element>(values.at[k]);
      }
    }
  }
}
