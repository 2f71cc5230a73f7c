/* knobscope
title = "Thread per element"
idea = """
One thread, one element. The thread finds its channel from its number by a division and a remainder, loads the \
channel's four numbers, and works out the same scale that all its neighbours work out as well. Where the channel comes \
last in memory, the remainder alone is enough, and neighbours have different channels. The knob that matters is block: \
nothing else is left to turn, and it decides how many threads share the cost of starting them."""
operation = "batchnorm_inference"
types = ["f32", "f16", "bf16"]
layouts = ["nchw", "nhwc"]

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 256
help = "threads in a block"

[[launches]]
entry = "batchnorm"
grid = "ceil_div(elements, block)"
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
note = "The formula, as it stands."
*/

#include <knobscope/element.h>

using namespace knobscope;

extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void batchnorm(
    const Element* __restrict__ x, const Element* __restrict__ gamma, const Element* __restrict__ beta,
    const float* __restrict__ running_mean, const float* __restrict__ running_var, Element* __restrict__ y,
    Index elements, Index channels, Index plane, float epsilon) {
  const Index i = blockIdx.x * static_cast<Index>(KNOB_BLOCK) + threadIdx.x;
  if (i >= elements) return;
#if defined(KNOBSCOPE_LAYOUT_NHWC)
  const Index channel = i % channels;
#else
  const Index channel = i / plane % channels;
#endif
  const float scale = to_float(gamma[channel]) / sqrtf(running_var[channel] + epsilon);
  y[i] = from_float<Element>((to_float(x[i]) - running_mean[channel]) * scale + to_float(beta[channel]));
}
