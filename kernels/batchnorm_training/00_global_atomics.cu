/* knobscope
title = "Global atomics, element by element"
idea = """
One thread per element. Each adds its element, and its square, to its channel's two sums by atomics in global memory; \
a second launch works out mean and variance, again in every thread. Nothing could be simpler. But the additions to one \
address happen one after the other, and with few channels nearly all threads stand in the same few queues. The knob \
that matters is bits: sums of 32 bits are wrong, not just slow."""
operation = "batchnorm_training"
types = ["f32", "f16", "bf16"]

[knobs.bits]
values = [32, 64]
default = 64
help = "of a sum: float or double"

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 256
help = "threads in a block; the queue at the channel's address is as long with any"

# Room for doubles; floats take half of it.
[[buffers]]
name = "sums"
type = "f64"
count = "2 * channels"
clear = true

[[launches]]
entry = "add_up"
grid = "ceil_div(elements, block)"
block = "block"
arguments = ["x", "sums", "elements", "channels", "plane"]

[[launches]]
entry = "apply"
grid = "ceil_div(elements, block)"
block = "block"
arguments = [
  "x", "gamma", "beta", "running_mean", "running_var", "y", "mean", "rstd", "next_running_mean", "next_running_var",
  "sums", "elements", "channels", "plane", "momentum", "epsilon",
]

[traffic]
reads = "2 * elements * element_size + channels * (2 * element_size + 8)"
writes = "elements * element_size + channels * 16"
note = "x once per launch. The atomics stay in the L2 cache and are not counted, though they take nearly all the time."

[numerics]
accumulate = "f64, or f32 by knob"
note = """
The mean of the squares less the square of the mean: the difference of two large numbers. A double has digits enough \
to lose some. A float has not: its sum of squares stops growing at 2^24 elements a channel, is wrong in the sixth \
digit long before that, and a mean of ten times the spread costs two digits more. Atomics come in any order, so the \
last bits change from run to run; those of doubles hardly ever show."""
deterministic = false

[source]
note = "What a first version often looks like."
*/

#include <knobscope/channel.h>

using namespace knobscope;

#if KNOB_BITS == 32
using Sum = float;
#else
using Sum = double;
#endif

extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void add_up(
    const Element* x, Sum* sums, Index elements, Index channels, Index plane) {
  const Index i = blockIdx.x * static_cast<Index>(KNOB_BLOCK) + threadIdx.x;
  if (i >= elements) return;
  const Index channel = i / plane % channels;
  const Sum value = to_float(x[i]);
  atomicAdd(&sums[2 * channel], value);
  atomicAdd(&sums[2 * channel + 1], value * value);
}

extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void apply(
    const Element* x, const Element* gamma, const Element* beta, const float* running_mean, const float* running_var,
    Element* y, float* mean, float* rstd, float* next_running_mean, float* next_running_var, const Sum* sums,
    Index elements, Index channels, Index plane, float momentum, float epsilon) {
  const Index i = blockIdx.x * static_cast<Index>(KNOB_BLOCK) + threadIdx.x;
  if (i >= elements) return;
  const Index channel = i / plane % channels;
  const Sum count = elements / channels;
  const Sum channel_mean = sums[2 * channel] / count;
  Sum variance = sums[2 * channel + 1] / count - channel_mean * channel_mean;
  if (variance < 0) variance = 0;  // rounding may leave less than nothing

  const float scale = to_float(gamma[channel]) / sqrtf(static_cast<float>(variance) + epsilon);
  const float distance = static_cast<float>(to_float(x[i]) - channel_mean);
  y[i] = from_float<Element>(distance * scale + to_float(beta[channel]));

  if (i == channel * plane) {  // in image 0
    const ChannelVectors vectors{
        gamma, beta, running_mean, running_var, mean, rstd, next_running_mean, next_running_var, momentum, epsilon};
    vectors.write(
        channel, 0.0F,
        Moments{static_cast<float>(count), static_cast<float>(channel_mean), static_cast<float>(variance * count)});
  }
}
