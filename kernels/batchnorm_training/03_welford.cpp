/* knobscope
title = "Welford, merged by Chan"
idea = """
One pass in float that keeps its digits: a running mean and the squared distances from it. Chains are cut short, and \
Chan's formula merges the pieces of a plane, and then the planes of a channel. The knob that matters is chunk: a \
division for every element is what this costs, and longer chains only save merges."""
operation = "batchnorm_training"
types = ["f32", "f16", "bf16"]

[knobs.chunk]
values = [16, 32, 64, 128, 256, 512, 1024]
default = 64
help = "values in one chain; longer ones save merges and round more"

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
x once for the moments and once for the result."""

[numerics]
accumulate = "f32 within a chunk, f64 above"
note = """
Distances are from the first value of a chunk, which is near the others where the mean is far from 0, so this stays \
right where the mean is thousands of times the spread."""
deterministic = true

[source]
note = "Welford, Technometrics 4 (1962); Chan, Golub and LeVeque, The American Statistician 37 (1983)."
*/

#include <cmath>

#include <knobscope/cpu_channel.h>
#include <knobscope/moments.h>

using namespace knobscope;

// Of distances from the chunk's first value: a mean far from 0 takes no digits from them.
DoubleMoments welford(const Element* values, Index count) {
  if (count > KNOB_CHUNK) {
    const Index half = count / 2;
    return merge(welford(values, half), welford(values + half, count - half));
  }
  const float origin = to_float(values[0]);
  Moments moments{};
  for (Index i = 0; i < count; ++i) moments = with_value(moments, to_float(values[i]) - origin);
  if (std::isfinite(moments.mean)) return DoubleMoments{moments.count, double{origin} + moments.mean, moments.m2};
  double sum = 0.0;
  for (Index i = 0; i < count; ++i) sum += to_float(values[i]);
  return DoubleMoments{moments.count, sum / moments.count, moments.m2};
}

// Threads share the channels out; this is called once for each.
void batchnorm(const Element* __restrict x, const Element* gamma, const Element* beta, const float* running_mean,
               const float* running_var, Element* __restrict y, float* mean, float* rstd, float* next_running_mean,
               float* next_running_var, Index batch, Index channels, Index plane, double epsilon, double momentum,
               Index block_index) {
  const Index channel = block_index;

  DoubleMoments moments;
  for (Index image = 0; image < batch; ++image) {
    moments = merge(moments, welford(x + (image * channels + channel) * plane, plane));
  }
  const ChannelVectors vectors{
      running_mean, running_var, mean, rstd, next_running_mean, next_running_var, epsilon, momentum};
  const double channel_rstd = vectors.write(channel, moments);

  const float scale = static_cast<float>(channel_rstd * to_float(gamma[channel]));
  const float shift = to_float(beta[channel]);
  for (Index image = 0; image < batch; ++image) {
    const Index first = (image * channels + channel) * plane;
    for (Index i = first; i < first + plane; ++i) {
      y[i] = from_float<Element>(static_cast<float>(to_float(x[i]) - moments.mean) * scale + shift);
    }
  }
}
