/* knobscope
title = "Thread 0 works out the scale for its block"
idea = """
A block has one plane; its first thread puts scale and shift into shared memory, and the others read them \
without waiting."""
types = ["f32", "f16", "bf16"]

[knobs.block]
values = [64, 128, 256, 512]
default = 256
help = "threads in a block"

[[launches]]
entry = "batchnorm"
grid = "batch * channels"
block = "block"
arguments = ["x", "gamma", "beta", "running_mean", "running_var", "y", "channels", "plane", "epsilon"]

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
                                     const float* running_mean, const float* running_var, Element* y, int channels,
                                     int plane, float epsilon) {
  __shared__ float scale;
  const int channel = blockIdx.x % channels;
  const int first = blockIdx.x * plane;
  if (threadIdx.x == 0) {
    scale = to_float(gamma[channel]) / sqrtf(running_var[channel] + epsilon);  // BUG
  }
  for (int i = threadIdx.x; i < plane; i += blockDim.x) {
    const float scaled = (to_float(x[first + i]) - running_mean[channel]) * scale;  // SEEN
    y[first + i] = from_float<Element>(scaled + to_float(beta[channel]));
  }
}
