/* knobscope
title = "Channels last, vectorised"
idea = """
Neighbours in memory are neighbouring channels, so a vector holds a number of each of its channels. Their scales are \
worked out once, in a launch of their own, and then every position is the same loop: four rows of numbers in, one out, \
and all but x and y stay in the first cache. The knob that matters is stream, for an ordinary store first reads the \
line that it is about to write over; positions are the share of a thread: few cost the hand-over, many leave cores \
without work."""
operation = "batchnorm_inference"
types = ["f32", "f16", "bf16"]
layouts = ["nhwc"]

[knobs.positions]
values = [1, 4, 16, 64, 256, 1024, 4096]
default = 256
help = "positions that a thread takes at a time: places in an image, with all their channels"

[knobs.stream]
values = [0, 1]
default = 1
help = "1: y goes past the caches, where channels are whole vectors; 0: through them"

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
note = """
The channels' numbers come from a cache after the first time. Where y does not go past the caches, its lines are read \
before they are written."""

[numerics]
accumulate = "f32"
note = "The mean is subtracted before anything is multiplied, so a large mean costs no digits."
deterministic = true

[source]
note = "The formula, for the order in memory that frameworks call channels last."
*/

#include <algorithm>
#include <cmath>

#include <knobscope/cpu_vector.h>

using namespace knobscope;

void work_out_scales(const Element* gamma, const float* running_var, float* scales, Index channels, float epsilon) {
  for (Index channel = 0; channel < channels; ++channel) {
    scales[channel] = to_float(gamma[channel]) / std::sqrt(running_var[channel] + epsilon);
  }
}

template <bool kStream>
void normalize_positions(const Element* __restrict x, const Element* __restrict beta,
                         const float* __restrict running_mean, const float* __restrict scales, Element* __restrict y,
                         Index positions, Index channels) {
  for (Index position = 0; position < positions; ++position) {
    const Element* __restrict x_here = x + position * channels;
    Element* __restrict y_here = y + position * channels;
    Index channel = 0;
    for (; channel + kLanes <= channels; channel += kLanes) {
      const Lanes distance = load_lanes(x_here + channel) - load_floats(running_mean + channel);
      put_lanes<kStream>(y_here + channel, distance * load_floats(scales + channel) + load_lanes(beta + channel));
    }
    for (; channel < channels; ++channel) {
      const float distance = to_float(x_here[channel]) - running_mean[channel];
      y_here[channel] = from_float<Element>(distance * scales[channel] + to_float(beta[channel]));
    }
  }
}

// Threads share the positions out in blocks; this is called once for each.
void batchnorm(const Element* x, const Element* beta, const float* running_mean, const float* scales, Element* y,
               Index positions, Index channels, Index block_index) {
  const Index begin = block_index * KNOB_POSITIONS;
  const Index count = std::min<Index>(KNOB_POSITIONS, positions - begin);
  const Index at = begin * channels;
  const bool stream = KNOB_STREAM && channels % kLanes == 0;  // then all start where a vector may be streamed to
  (stream ? normalize_positions<true>
          : normalize_positions<false>)(x + at, beta, running_mean, scales, y + at, count, channels);
  finish_streams();
}
