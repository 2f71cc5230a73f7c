/* knobscope
title = "Channels last, vectorised across channels"
idea = """
Neighbours in memory are neighbouring channels, so a vector holds a number of each of its channels, and all of them \
are summed at once, lane by lane, with no sum across a register at all. A block of positions is small enough for a \
cache: it is looked at twice there, for its means and for the distances from them. One launch gathers blocks, a short \
one merges them by channel, a third applies. The knob that matters is positions: few make the merge long, many do not \
fit the cache or leave cores without work."""
operation = "batchnorm_training"
types = ["f32", "f16", "bf16"]
layouts = ["nhwc"]

[knobs.positions]
values = [8, 16, 32, 64, 128, 256]
default = 64
help = "positions of a block: places in an image, with all their channels"

[knobs.stream]
values = [0, 1]
default = 1
help = "1: y goes past the caches, where channels are whole vectors; 0: through them"

[[buffers]]
name = "means"
type = "f64"
count = "ceil_div(batch * plane, positions) * channels"

[[buffers]]
name = "squares"
type = "f32"
count = "ceil_div(batch * plane, positions) * channels"

[[buffers]]
name = "channel_values"
type = "f32"
count = "channels * 3"

[[launches]]
entry = "gather"
grid = "ceil_div(batch * plane, positions)"
arguments = ["x", "means", "squares", "batch * plane", "channels", "block_index"]

[[launches]]
entry = "meet"
grid = "ceil_div(channels, 16)"
arguments = [
  "means", "squares", "gamma", "running_mean", "running_var", "mean", "rstd", "next_running_mean",
  "next_running_var", "channel_values", "batch * plane", "channels", "epsilon", "momentum", "block_index"
]

[[launches]]
entry = "apply"
grid = "ceil_div(batch * plane, positions)"
arguments = ["x", "beta", "channel_values", "y", "batch * plane", "channels", "block_index"]

[traffic]
reads = """
2 * elements * element_size + channels * (2 * element_size + 20) \
+ ceil_div(batch * plane, positions) * channels * 12"""
writes = "elements * element_size + channels * 28 + ceil_div(batch * plane, positions) * channels * 12"
note = """
x once for the moments and once for the result, and a block of it twice from a cache in between. Where y does not go \
past the caches, its lines are read before they are written."""

[numerics]
accumulate = "f32 for the positions of a block, f64 above"
note = """
Squares are of distances from the block's mean, and what rounding has moved that mean by is added to it again. y is \
taken from a mean in two parts, so it stays right where the mean is thousands of times the spread."""
deterministic = true

[source]
note = "Chan, Golub and LeVeque, The American Statistician 37 (1983), for sums in pieces."
*/

#include <algorithm>
#include <cmath>
#include <type_traits>

#include <knobscope/cpu_channel.h>

using namespace knobscope;

// The moments of a block of positions, for every channel.
void gather(const Element* __restrict x, double* __restrict means, float* __restrict squares, Index positions,
            Index channels, Index block_index) {
  const Index begin = block_index * KNOB_POSITIONS;
  const Index end = std::min(begin + KNOB_POSITIONS, positions);
  const float count = static_cast<float>(end - begin);
  double* __restrict of_mean = means + block_index * channels;
  float* __restrict of_squares = squares + block_index * channels;

  // A few channels at a time, so that their sums stay in registers.
  constexpr int kChannels = 64;
  for (Index first = 0; first < channels; first += kChannels) {
    const auto work_on = [&](auto width) {
      float sum[kChannels] = {};
      float left_over[kChannels] = {};
      float square[kChannels] = {};
      for (Index at = begin; at < end; ++at) {
#pragma omp simd
        for (int i = 0; i < width; ++i) sum[i] += to_float(x[at * channels + first + i]);
      }
      for (int i = 0; i < width; ++i) sum[i] /= count;
      for (Index at = begin; at < end; ++at) {
#pragma omp simd
        for (int i = 0; i < width; ++i) {
          const float distance = to_float(x[at * channels + first + i]) - sum[i];
          left_over[i] += distance;
          square[i] += distance * distance;
        }
      }
      for (int i = 0; i < width; ++i) {
        // An infinity has no distance from anything.
        of_mean[first + i] = std::isfinite(sum[i]) ? double{sum[i]} + left_over[i] / count : sum[i];
        of_squares[first + i] = square[i];
      }
    };
    if (first + kChannels <= channels) {
      work_on(std::integral_constant<int, kChannels>{});
    } else {
      work_on(static_cast<int>(channels - first));
    }
  }
}

// The moments of sixteen channels from those of all blocks.
void meet(const double* means, const float* squares_of_blocks, const Element* gamma, const float* running_mean,
          const float* running_var, float* mean, float* rstd, float* next_running_mean, float* next_running_var,
          float* channel_values, Index positions, Index channels, double epsilon, double momentum, Index block_index) {
  constexpr int kChannels = 16;
  const Index first = block_index * kChannels;
  const int width = static_cast<int>(std::min<Index>(kChannels, channels - first));
  DoubleMoments moments[kChannels];
  for (Index begin = 0; begin < positions; begin += KNOB_POSITIONS) {
    const Index at = begin / KNOB_POSITIONS * channels + first;
    const auto count = static_cast<double>(std::min<Index>(KNOB_POSITIONS, positions - begin));
    for (int i = 0; i < width; ++i) {
      moments[i] = merge(moments[i], DoubleMoments{count, means[at + i], squares_of_blocks[at + i]});
    }
  }

  const ChannelVectors vectors{
      running_mean, running_var, mean, rstd, next_running_mean, next_running_var, epsilon, momentum};
  for (int i = 0; i < width; ++i) {
    const Index channel = first + i;
    const double channel_rstd = vectors.write(channel, moments[i]);
    channel_values[channel] = mean[channel];
    channel_values[channels + channel] = static_cast<float>(moments[i].mean - mean[channel]);
    channel_values[2 * channels + channel] = static_cast<float>(channel_rstd * to_float(gamma[channel]));
  }
}

template <bool kStream>
void normalize_positions(const Element* __restrict x, const Element* __restrict beta,
                         const float* __restrict channel_values, Element* __restrict y, Index positions,
                         Index channels) {
  const float* __restrict centre = channel_values;
  const float* __restrict left_over = channel_values + channels;
  const float* __restrict scale = channel_values + 2 * channels;
  for (Index position = 0; position < positions; ++position) {
    const Element* __restrict x_here = x + position * channels;
    Element* __restrict y_here = y + position * channels;
    Index channel = 0;
    for (; channel + kLanes <= channels; channel += kLanes) {
      const Lanes distance =
          (load_lanes(x_here + channel) - load_floats(centre + channel)) - load_floats(left_over + channel);
      put_lanes<kStream>(y_here + channel, distance * load_floats(scale + channel) + load_lanes(beta + channel));
    }
    for (; channel < channels; ++channel) {
      const float distance = (to_float(x_here[channel]) - centre[channel]) - left_over[channel];
      y_here[channel] = from_float<Element>(distance * scale[channel] + to_float(beta[channel]));
    }
  }
}

// Normalizes a block of positions.
void apply(const Element* x, const Element* beta, const float* channel_values, Element* y, Index positions,
           Index channels, Index block_index) {
  const Index begin = block_index * KNOB_POSITIONS;
  const Index count = std::min<Index>(KNOB_POSITIONS, positions - begin);
  const Index at = begin * channels;
  const bool stream = KNOB_STREAM && channels % kLanes == 0;  // then all start where a vector may be streamed to
  (stream ? normalize_positions<true>
          : normalize_positions<false>)(x + at, beta, channel_values, y + at, count, channels);
  finish_streams();
}
