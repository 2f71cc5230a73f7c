/* knobscope
title = "The variance turned into a scale, in place"
idea = """
A first launch replaces each running variance by one over its root; it is an input, and wrong ever after."""
types = ["f32", "f16", "bf16"]

[knobs.block]
values = [64, 128, 256, 512]
default = 256
help = "threads in a block"

[[launches]]
entry = "prepare"
grid = "ceil_div(channels, block)"
block = "block"
arguments = ["running_var", "channels", "epsilon"]

[[launches]]
entry = "batchnorm"
grid = "ceil_div(elements, block)"
block = "block"
arguments = ["x", "gamma", "beta", "running_mean", "running_var", "y", "elements", "channels", "plane"]

[traffic]
reads = "elements * element_size + channels * (2 * element_size + 8)"
writes = "elements * element_size"

[numerics]
accumulate = "f32"
deterministic = true
*/

#include <knobscope/element.h>

using namespace knobscope;

extern "C" __global__ void prepare(float* running_var, int channels, float epsilon) {
  const int channel = blockIdx.x * blockDim.x + threadIdx.x;
  if (channel < channels) running_var[channel] = 1.0F / sqrtf(running_var[channel] + epsilon);  // BUG
}

extern "C" __global__ void batchnorm(const Element* x, const Element* gamma, const Element* beta,
                                     const float* running_mean, const float* running_rstd, Element* y, int elements,
                                     int channels, int plane) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= elements) return;
  const int channel = i / plane % channels;
  const float scale = to_float(gamma[channel]) * running_rstd[channel];
  y[i] = from_float<Element>((to_float(x[i]) - running_mean[channel]) * scale + to_float(beta[channel]));
}
