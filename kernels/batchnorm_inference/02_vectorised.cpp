/* knobscope
title = "Vectorised, by plane"
idea = """
A plane has one channel, so its scale and shift are worked out once, and what is left inside is a loop without \
divisions that the compiler turns into vector instructions. Then the memory is the limit, not the arithmetic. The knob \
that matters is planes_per_block, where planes are small."""
operation = "batchnorm_inference"
types = ["f32", "f16", "bf16"]

[knobs.planes_per_block]
values = [1, 2, 4, 8, 16, 32, 64]
default = 1
help = "planes a thread takes at a time; more for small planes"

[knobs.folded]
values = [0, 1]
default = 0
help = "1: the mean is folded into the shift, one multiply-add per element; 0: it is subtracted first"

[[launches]]
entry = "batchnorm"
grid = "ceil_div(batch * channels, planes_per_block)"
arguments = [
  "x", "gamma", "beta", "running_mean", "running_var", "y", "batch * channels", "channels", "plane", "epsilon",
  "block_index"
]

[traffic]
reads = "elements * element_size + channels * (2 * element_size + 8)"
writes = "elements * element_size"
note = "The channels' numbers come from a cache after the first time."

[numerics]
accumulate = "f32"
note = """
Folded, x * scale and the shift are both as large as mean / spread and cancel: at a mean of 1000 spreads three \
digits of y are lost. Not folded, the mean is subtracted first and nothing is lost. Memory is the limit either way, \
so the saving buys nothing."""
deterministic = true

[source]
note = "What inference engines do when they fold a BatchNorm into one multiply-add."
*/

#include <algorithm>
#include <cmath>

#include <knobscope/element.h>

using namespace knobscope;

// Threads share the planes out in blocks; this is called once for each.
void batchnorm(const Element* __restrict x, const Element* __restrict gamma, const Element* __restrict beta,
               const float* __restrict running_mean, const float* __restrict running_var, Element* __restrict y,
               Index planes, Index channels, Index plane, float epsilon, Index block_index) {
  const Index begin = block_index * KNOB_PLANES_PER_BLOCK;
  const Index end = std::min(begin + KNOB_PLANES_PER_BLOCK, planes);

  for (Index number = begin; number < end; ++number) {
    const Index channel = number % channels;
    const float scale = to_float(gamma[channel]) / std::sqrt(running_var[channel] + epsilon);
    const float centre = KNOB_FOLDED ? 0.0F : running_mean[channel];
    const float shift = to_float(beta[channel]) - (KNOB_FOLDED ? running_mean[channel] * scale : 0.0F);
    const Element* __restrict x_plane = x + number * plane;
    Element* __restrict y_plane = y + number * plane;

#pragma omp simd
    for (Index i = 0; i < plane; ++i) {
      y_plane[i] = from_float<Element>((to_float(x_plane[i]) - centre) * scale + shift);
    }
  }
}
