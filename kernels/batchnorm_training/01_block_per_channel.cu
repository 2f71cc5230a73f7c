/* knobscope
title = "Block per channel, Welford"
idea = """
A block owns a channel: it walks through the channel's plane in every image, keeps running moments (Welford), and \
walks through them once more to normalize. One launch, no meeting of blocks, and x comes from memory twice. The knob \
that matters is block, and it is not enough: 64 channels are 64 blocks, and half of a large GPU has nothing to do."""
operation = "batchnorm_training"
types = ["f32", "f16", "bf16"]

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 512
help = "threads in a block, which share one channel; with few channels more of them help"

[[launches]]
entry = "batchnorm"
grid = "channels"
block = "block"
arguments = [
  "x", "gamma", "beta", "running_mean", "running_var", "y", "mean", "rstd", "next_running_mean", "next_running_var",
  "batch", "channels", "plane", "momentum", "epsilon",
]

[traffic]
reads = "2 * elements * element_size + channels * (2 * element_size + 8)"
writes = "elements * element_size + channels * 16"
note = "x once for the moments and once for the result."

[numerics]
accumulate = "f32"
note = """
Distances from a value of the channel's middle are exact, and their moments are kept by Welford and merged by Chan: \
nothing large is ever subtracted, and a mean of a thousand times the spread costs no digits."""
deterministic = true

[source]
note = "Welford, Technometrics 4 (1962). PyTorch's own kernel for NCHW is a block per channel, too."
*/

#include <knobscope/channel.h>

using namespace knobscope;

// Calls visit(offset) for every element of the channel, shared out over the block. From an element to the one that is a
// block further on there is no division: it is so many images, and so many elements.
template <typename Visit>
__device__ void for_each_element(Index channel, Index batch, Index channels, Index plane, Visit visit) {
  const Index images = KNOB_BLOCK / plane;
  const Index rest = KNOB_BLOCK % plane;
  Index image = threadIdx.x / plane;
  Index inside = threadIdx.x % plane;
#pragma unroll 4
  while (image < batch) {
    visit((image * channels + channel) * plane + inside);
    image += images;
    inside += rest;
    if (inside >= plane) {
      inside -= plane;
      ++image;
    }
  }
}

extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void batchnorm(
    const Element* __restrict__ x, const Element* __restrict__ gamma, const Element* __restrict__ beta,
    const float* __restrict__ running_mean, const float* __restrict__ running_var, Element* __restrict__ y,
    float* __restrict__ mean, float* __restrict__ rstd, float* __restrict__ next_running_mean,
    float* __restrict__ next_running_var, Index batch, Index channels, Index plane, float momentum, float epsilon) {
  const Index channel = blockIdx.x;
  const float centre = Slices(batch, channels, plane, plane).centre(x, channel);

  Moments moments{};
  for_each_element(
      channel, batch, channels, plane, [&](Index at) { moments = with_value(moments, to_float(x[at]) - centre); });
  moments = block_reduce<KNOB_BLOCK>(moments);

  const ChannelVectors vectors{
      gamma, beta, running_mean, running_var, mean, rstd, next_running_mean, next_running_var, momentum, epsilon};
  if (threadIdx.x == 0) vectors.write(channel, centre, moments);
  const Normalization normalize = vectors.normalization(channel, centre, moments);
  for_each_element(
      channel, batch, channels, plane, [&](Index at) { y[at] = from_float<Element>(normalize(to_float(x[at]))); });
}
