/* knobscope
title = "Vectorised, streamed to memory"
idea = """
A channel's planes are looked at once, sixteen vectors at a time in registers, and y goes past the caches, for an \
ordinary store first reads the line it is about to overwrite. Then x comes from memory twice, if the channel is \
larger than the caches, and y goes there once: that is what the definition costs, and the knob that matters is \
stream. The planes are written in the reverse order: those that were read last are still in a cache."""
operation = "batchnorm_training"
types = ["f32", "f16", "bf16"]

[knobs.stream]
values = [0, 1]
default = 1
help = "1: y goes past the caches, but for the ends of a plane; 0: through them"

[[launches]]
entry = "batchnorm"
grid = "channels"
arguments = [
  "x", "gamma", "beta", "running_mean", "running_var", "y", "mean", "rstd", "next_running_mean", "next_running_var",
  "batch", "channels", "plane", "epsilon", "momentum", "block_index"
]

[traffic]
reads = "2 * elements * element_size + channels * (2 * element_size + 8)"
writes = "elements * element_size + channels * 16"
note = """
x once for the moments and once for the result, the latter from a cache where it holds the end of the channel. Where \
y does not go past the caches, its lines are read before they are written."""

[numerics]
accumulate = "f32 for 16 terms, f64 above"
note = """
Squares are of distances from one of sixteen values. Everything above is double, and y is taken from a mean in \
two parts, so it stays right where the mean is thousands of times the spread."""
deterministic = true

[source]
note = "Chan, Golub and LeVeque, The American Statistician 37 (1983), for sums in pieces."
*/

#include <knobscope/cpu_channel.h>
#include <knobscope/cpu_normalize.h>

using namespace knobscope;

// Threads share the channels out; this is called once for each.
void batchnorm(const Element* __restrict x, const Element* gamma, const Element* beta, const float* running_mean,
               const float* running_var, Element* __restrict y, float* mean, float* rstd, float* next_running_mean,
               float* next_running_var, Index batch, Index channels, Index plane, double epsilon, double momentum,
               Index block_index) {
  const Index channel = block_index;

  DoubleMoments moments;
  for (Index image = 0; image < batch; ++image) {
    moments = merge(moments, moments_of(x + (image * channels + channel) * plane, plane));
  }
  const ChannelVectors vectors{
      running_mean, running_var, mean, rstd, next_running_mean, next_running_var, epsilon, momentum};
  const double channel_rstd = vectors.write(channel, moments);

  const Normalization normalization(moments.mean, channel_rstd * to_float(gamma[channel]), to_float(beta[channel]));
  for (Index image = batch - 1; image >= 0; --image) {
    normalize<KNOB_STREAM>(x, y, (image * channels + channel) * plane, plane, normalization);
  }
  finish_streams();
}
