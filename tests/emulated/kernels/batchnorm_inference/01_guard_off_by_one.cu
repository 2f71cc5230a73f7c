/* knobscope
title = "The guard lets one more in"
idea = "The guard compares with > where >= is meant: one thread works on an element behind the end."
types = ["f32", "f16", "bf16"]

[knobs.block]
values = [64, 128, 256, 512]
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

[numerics]
accumulate = "f32"
deterministic = true
*/

#include <knobscope/element.h>

using namespace knobscope;

extern "C" __global__ void batchnorm(const Element* x, const Element* gamma, const Element* beta,
                                     const float* running_mean, const float* running_var, Element* y, int elements,
                                     int channels, int plane, float epsilon) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i > elements) return;  // BUG
  const int channel = i / plane % channels;
  const float scale = to_float(gamma[channel]) / sqrtf(running_var[channel] + epsilon);
  const float value = to_float(x[i]);  // SEEN
  y[i] = from_float<Element>((value - running_mean[channel]) * scale + to_float(beta[channel]));  // SEEN
}
