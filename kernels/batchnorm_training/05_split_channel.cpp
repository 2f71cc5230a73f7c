/* knobscope
title = "Threaded, channels in parts"
idea = """
A channel to a thread leaves cores without work when there are fewer channels than cores, or a few more. Here a part \
of a plane is the unit: one launch gathers the moments of every part, a short one merges them by channel, and a third \
applies. Every core gets some, whatever the shape. The knob that matters is part: small enough to go round, large \
enough to be worth the hand-over. Only what the caches hold of all of x, not of a channel, is left for the last \
launch."""
operation = "batchnorm_training"
types = ["f32", "f16", "bf16"]

[knobs.part]
values = [1024, 4096, 16384, 65536, 262144]
default = 16384
help = "elements of a part of a plane"

[knobs.stream]
values = [0, 1]
default = 1
help = "1: y goes past the caches, but for the ends of a plane; 0: through them"

[[buffers]]
name = "partials"
type = "f64"
count = "batch * channels * ceil_div(plane, part) * 3"

[[buffers]]
name = "channel_values"
type = "f64"
count = "channels * 2"

[[launches]]
entry = "gather"
grid = "batch * channels * ceil_div(plane, part)"
arguments = ["x", "partials", "plane", "ceil_div(plane, part)", "block_index"]

[[launches]]
entry = "meet"
grid = "channels"
arguments = [
  "partials", "running_mean", "running_var", "mean", "rstd", "next_running_mean", "next_running_var",
  "channel_values", "batch", "channels", "ceil_div(plane, part)", "epsilon", "momentum", "block_index"
]

[[launches]]
entry = "apply"
grid = "batch * channels * ceil_div(plane, part)"
arguments = [
  "x", "gamma", "beta", "y", "channel_values", "channels", "plane", "ceil_div(plane, part)", "block_index"
]

[traffic]
reads = """
2 * elements * element_size + channels * (2 * element_size + 24) \
+ batch * channels * ceil_div(plane, part) * 24"""
writes = "elements * element_size + channels * 32 + batch * channels * ceil_div(plane, part) * 24"
note = """
x once for the moments and once for the result. Where y does not go past the caches, its lines are read before they \
are written."""

[numerics]
accumulate = "f32 for 16 terms, f64 above"
note = """
Parts are merged in the same order whoever gathered them. y is taken from a mean in two parts, so it stays right \
where the mean is thousands of times the spread."""
deterministic = true

[source]
note = "Chan, Golub and LeVeque, The American Statistician 37 (1983), for sums in pieces."
*/

#include <algorithm>

#include <knobscope/cpu_channel.h>
#include <knobscope/cpu_normalize.h>

using namespace knobscope;

// A part of a plane, numbered as they lie in memory.
struct Part {
  Index plane_number;
  Index first;
  Index length;
};

Part part_numbered(Index number, Index plane, Index parts) {
  const Index begin = number % parts * KNOB_PART;
  return Part{number / parts, number / parts * plane + begin, std::min<Index>(KNOB_PART, plane - begin)};
}

// The moments of a part.
void gather(const Element* x, DoubleMoments* partials, Index plane, Index parts, Index block_index) {
  const Part part = part_numbered(block_index, plane, parts);
  partials[block_index] = moments_of(x + part.first, part.length);
}

// The moments of a channel from those of its parts.
void meet(const DoubleMoments* partials, const float* running_mean, const float* running_var, float* mean, float* rstd,
          float* next_running_mean, float* next_running_var, double* channel_values, Index batch, Index channels,
          Index parts, double epsilon, double momentum, Index block_index) {
  const Index channel = block_index;
  DoubleMoments moments;
  for (Index image = 0; image < batch; ++image) {
    for (Index part = 0; part < parts; ++part) {
      moments = merge(moments, partials[(image * channels + channel) * parts + part]);
    }
  }
  const ChannelVectors vectors{
      running_mean, running_var, mean, rstd, next_running_mean, next_running_var, epsilon, momentum};
  channel_values[2 * channel] = moments.mean;
  channel_values[2 * channel + 1] = vectors.write(channel, moments);
}

// Normalizes a part.
void apply(const Element* x, const Element* gamma, const Element* beta, Element* y, const double* channel_values,
           Index channels, Index plane, Index parts, Index block_index) {
  const Part part = part_numbered(block_index, plane, parts);
  const Index channel = part.plane_number % channels;
  const Normalization normalization(
      channel_values[2 * channel], channel_values[2 * channel + 1] * to_float(gamma[channel]), to_float(beta[channel]));
  normalize<KNOB_STREAM>(x, y, part.first, part.length, normalization);
  finish_streams();
}
