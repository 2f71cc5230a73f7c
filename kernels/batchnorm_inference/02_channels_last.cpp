/* knobscope
title = "Channels last, vectorised"
idea = """
Neighbours in memory are neighbouring channels, so a vector holds a number of each of its channels. Their scales are \
worked out once, in a launch of their own, and then every position is the same loop: four rows of numbers in, one out, \
and all but x and y stay in the first cache. The knob that matters is positions, the share of a thread: few cost the \
hand-over, many leave cores without work."""
operation = "batchnorm_inference"
types = ["f32", "f16", "bf16"]
layouts = ["nhwc"]

[knobs.positions]
values = [1, 4, 16, 64, 256, 1024, 4096]
default = 256
help = "positions that a thread takes at a time: places in an image, with all their channels"

[[buffers]]
name = "scales"
type = "f32"
count = "channels"

[[launches]]
entry = "work_out_scales"
grid = "1"
arguments = ["gamma", "running_var", "scales", "channels", "epsilon"]

[[launches]]
entry = "batchnorm"
grid = "ceil_div(batch * plane, positions)"
arguments = ["x", "beta", "running_mean", "scales", "y", "batch * plane", "channels", "block_index"]

[traffic]
reads = "elements * element_size + channels * (2 * element_size + 12)"
writes = "elements * element_size + channels * 4"
note = "The channels' numbers come from a cache after the first time. Lines of y are read before they are written."

[numerics]
accumulate = "f32"
note = "The mean is subtracted before anything is multiplied, so a large mean costs no digits."
deterministic = true

[source]
note = "The formula, for the order in memory that frameworks call channels last."
*/

#include <algorithm>
#include <cmath>

#include <knobscope/element.h>

using namespace knobscope;

void work_out_scales(const Element* gamma, const float* running_var, float* scales, Index channels, float epsilon) {
  for (Index channel = 0; channel < channels; ++channel) {
    scales[channel] = to_float(gamma[channel]) / std::sqrt(running_var[channel] + epsilon);
  }
}

// Threads share the positions out in blocks; this is called once for each.
void batchnorm(const Element* __restrict x, const Element* __restrict beta, const float* __restrict running_mean,
               const float* __restrict scales, Element* __restrict y, Index positions, Index channels,
               Index block_index) {
  const Index begin = block_index * KNOB_POSITIONS;
  const Index end = std::min(begin + KNOB_POSITIONS, positions);
  for (Index position = begin; position < end; ++position) {
    const Element* __restrict x_here = x + position * channels;
    Element* __restrict y_here = y + position * channels;
#pragma omp simd
    for (Index channel = 0; channel < channels; ++channel) {
      const float distance = to_float(x_here[channel]) - running_mean[channel];
      y_here[channel] = from_float<Element>(distance * scales[channel] + to_float(beta[channel]));
    }
  }
}
