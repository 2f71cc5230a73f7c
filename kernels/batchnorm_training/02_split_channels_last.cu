/* knobscope
title = "Channels last: threads own channels"
idea = """
With the channels last in memory, all channels of a pixel are neighbours, and a channel's values are far apart. So a \
thread owns 16 bytes of channels and walks down the pixels: neighbouring threads still read neighbouring bytes, and \
what it learns of its channels stays in registers. Many blocks share the pixels, each leaves its moments in memory, a \
second launch merges them, and a third normalizes. The knob that matters is splits: enough blocks to fill the GPU, \
but each with pixels enough to be worth merging."""
operation = "batchnorm_training"
types = ["f32", "f16", "bf16"]
layouts = ["nhwc"]

[knobs.splits]
values = [1, 2, 4, 8, 16, 32, 64, 66, 128, 132, 256, 264, 512, 528, 1024, 2048, 4096]
default = 1024
help = "parts of the pixels, each the work of a block for every 32 packs of channels"

[knobs.backwards]
values = [0, 1]
default = 1
help = "1: the last launch walks through x from its end, and finds that in the L2 cache"

[knobs.pixels]
values = [1, 2, 4, 8]
default = 4
help = "pixels that a thread reads at a time, and takes the moments of together"

[knobs.block]
values = [32, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
default = 256
help = "threads in a block"

[[buffers]]
name = "partials"
type = "f32"
count = "channels * splits * 3"

[[buffers]]
name = "normalizations"
type = "f32"
count = "channels * 4"

[[launches]]
entry = "gather"
grid = ["splits", "ceil_div(channels, 32 * (channels * element_size % 16 == 0 ? 16 / element_size : 1))"]
block = "block"
arguments = ["x", "partials", "batch", "channels", "plane"]

[[launches]]
entry = "finalize"
grid = "ceil_div(channels, 4)"
block = "128"
arguments = [
  "x", "gamma", "beta", "running_mean", "running_var", "mean", "rstd", "next_running_mean", "next_running_var",
  "partials", "normalizations", "batch", "channels", "plane", "momentum", "epsilon",
]

[[launches]]
entry = "apply"
grid = ["splits", "ceil_div(channels, 32 * (channels * element_size % 16 == 0 ? 16 / element_size : 1))"]
block = "block"
arguments = ["x", "y", "normalizations", "batch", "channels", "plane"]

[traffic]
reads = "2 * elements * element_size + channels * (2 * element_size + 24 + splits * 12)"
writes = "elements * element_size + channels * (32 + splits * 12)"
note = """
x once per large launch; backwards, the L2 cache saves up to its own size of that. Threads own single channels where \
the channels of a pixel do not begin on 16 bytes."""

[numerics]
accumulate = "f32"
note = """
Distances from a value of the channel's middle are exact; the moments of a few pixels are taken about their own mean, \
and everything above is merged by Chan, always in the same order."""
deterministic = true

[source]
note = "Chan, Golub and LeVeque, The American Statistician 37 (1983)."
*/

#include <knobscope/channel.h>

using namespace knobscope;

// The tensor is a matrix: a row for every pixel of every image, and in it the channels. Threads of a block stand in
// `wide` columns, a power of two up to 32, of kWidth channels each; and in as many rows as there are threads.
template <int kWidth>
struct Place {
  Index channel;  // the first of the thread's
  int column;
  int row;
  int wide;
  int high;

  KNOBSCOPE_INLINE explicit Place(Index channels) {
    wide = 1;
    while (wide < kWarp && wide * kWidth < channels) wide *= 2;
    high = KNOB_BLOCK / wide;
    column = static_cast<int>(threadIdx.x) % wide;
    row = static_cast<int>(threadIdx.x) / wide;
    channel = (blockIdx.y * Index{kWarp} + column) * kWidth;
  }
};

struct RowRange {
  Index begin;
  Index end;

  KNOBSCOPE_INLINE RowRange(Index rows, Index part) {
    const Index length = (rows + KNOB_SPLITS - 1) / KNOB_SPLITS;
    begin = min(part * length, rows);
    end = min(begin + length, rows);
  }
};

template <int kWidth>
struct Values {
  float at[kWidth];
};

template <int kWidth>
KNOBSCOPE_INLINE Values<kWidth> load(const Element* from) {
  Values<kWidth> values;
  if constexpr (kWidth == 1) {
    values.at[0] = to_float(*from);
  } else {
    const PackValues pack = load_pack(from);
#pragma unroll
    for (int i = 0; i < kWidth; ++i) values.at[i] = pack.at[i];
  }
  return values;
}

template <int kWidth>
KNOBSCOPE_INLINE void store(Element* to, const Values<kWidth>& values) {
  if constexpr (kWidth == 1) {
    *to = from_float<Element>(values.at[0]);
  } else {
    PackValues pack;
#pragma unroll
    for (int i = 0; i < kWidth; ++i) pack.at[i] = values.at[i];
    store_pack(to, pack);
  }
}

// Three values of a channel, far apart.
__device__ __forceinline__ float centre_of(const Element* x, Index channel, Index rows, Index channels) {
  return Samples{x[channel], x[rows / 2 * channels + channel], x[(rows - 1) * channels + channel]}.middle();
}

template <int kWidth>
__device__ __forceinline__ void gather_columns(const Element* x, Moments* partials, Index rows, Index channels) {
  const Place<kWidth> place(channels);
  const RowRange range(rows, blockIdx.x);
  const bool has_channels = place.channel < channels;

  float centre[kWidth] = {};
  Moments moments[kWidth] = {};  // their counts are the same, and the compiler sees it
  if (has_channels) {
#pragma unroll
    for (int i = 0; i < kWidth; ++i) centre[i] = centre_of(x, place.channel + i, rows, channels);
    const Element* const column = x + place.channel;

    Index row = range.begin + place.row;
    const Index step = place.high;
    for (; row + (KNOB_PIXELS - 1) * step < range.end; row += KNOB_PIXELS * step) {
      Values<kWidth> values[KNOB_PIXELS];
#pragma unroll
      for (int k = 0; k < KNOB_PIXELS; ++k) values[k] = load<kWidth>(column + (row + k * step) * channels);
      const float share = KNOB_PIXELS / (moments[0].count + KNOB_PIXELS);
#pragma unroll
      for (int i = 0; i < kWidth; ++i) {
        float sum = 0.0F;
#pragma unroll
        for (int k = 0; k < KNOB_PIXELS; ++k) sum += values[k].at[i] - centre[i];
        const float mean = sum / KNOB_PIXELS;
        float m2 = 0.0F;
#pragma unroll
        for (int k = 0; k < KNOB_PIXELS; ++k) {
          const float distance = (values[k].at[i] - centre[i]) - mean;
          m2 += distance * distance;
        }
        const float distance = mean - moments[i].mean;  // merged by Chan's formula, with one division for all channels
        moments[i].m2 += m2 + distance * distance * (moments[i].count * share);
        moments[i].mean += distance * share;
        moments[i].count += KNOB_PIXELS;
      }
    }
    for (; row < range.end; row += step) {
      const Values<kWidth> values = load<kWidth>(column + row * channels);
#pragma unroll
      for (int i = 0; i < kWidth; ++i) moments[i] = with_value(moments[i], values.at[i] - centre[i]);
    }
  }

  // A channel at a time, the second half of the block's rows is merged into the first until one row is left.
  __shared__ Moments scratch[KNOB_BLOCK];
#pragma unroll
  for (int i = 0; i < kWidth; ++i) {
    scratch[threadIdx.x] = moments[i];
    __syncthreads();
    for (int left = place.high; left > 1;) {
      const int kept = (left + 1) / 2;
      if (place.row + kept < left) {
        scratch[threadIdx.x] = merge(scratch[threadIdx.x], scratch[threadIdx.x + kept * place.wide]);
      }
      left = kept;
      __syncthreads();
    }
    if (place.row == 0 && has_channels) partials[blockIdx.x * channels + place.channel + i] = scratch[threadIdx.x];
    __syncthreads();  // nobody may write there again before all have read
  }
}

extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void gather(
    const Element* __restrict__ x, Moments* __restrict__ partials, Index batch, Index channels, Index plane) {
  if (channels % kPack == 0) {
    gather_columns<kPack>(x, partials, batch * plane, channels);
  } else {
    gather_columns<1>(x, partials, batch * plane, channels);
  }
}

extern "C" __global__ __launch_bounds__(128) void finalize(
    const Element* __restrict__ x, const Element* __restrict__ gamma, const Element* __restrict__ beta,
    const float* __restrict__ running_mean, const float* __restrict__ running_var, float* __restrict__ mean,
    float* __restrict__ rstd, float* __restrict__ next_running_mean, float* __restrict__ next_running_var,
    const Moments* __restrict__ partials, Normalization* __restrict__ normalizations, Index batch, Index channels,
    Index plane, float momentum, float epsilon) {
  const Index channel = blockIdx.x * Index{4} + threadIdx.x / kWarp;
  if (channel >= channels) return;
  const float centre = centre_of(x, channel, batch * plane, channels);
  const ChannelVectors vectors{
      gamma, beta, running_mean, running_var, mean, rstd, next_running_mean, next_running_var, momentum, epsilon};
  vectors.finalize(channel, centre, partials + channel, KNOB_SPLITS, channels, normalizations);
}

template <int kWidth>
__device__ __forceinline__ void normalize_columns(const Element* x, Element* y, const Normalization* normalizations,
                                                  Index rows, Index channels) {
  const Place<kWidth> place(channels);
  if (place.channel >= channels) return;
  const RowRange range(rows, KNOB_BACKWARDS ? KNOB_SPLITS - 1 - blockIdx.x : blockIdx.x);
  Normalization normalize[kWidth];
#pragma unroll
  for (int i = 0; i < kWidth; ++i) normalize[i] = normalizations[place.channel + i];

#pragma unroll 4
  for (Index i = range.begin + place.row; i < range.end; i += place.high) {
    const Index row = KNOB_BACKWARDS ? range.end - 1 - (i - range.begin) : i;
    const Index at = row * channels + place.channel;
    Values<kWidth> values = load<kWidth>(x + at);
#pragma unroll
    for (int k = 0; k < kWidth; ++k) values.at[k] = normalize[k](values.at[k]);
    store<kWidth>(y + at, values);
  }
}

extern "C" __global__ __launch_bounds__(KNOB_BLOCK) void apply(
    const Element* __restrict__ x, Element* __restrict__ y, const Normalization* __restrict__ normalizations,
    Index batch, Index channels, Index plane) {
  if (channels % kPack == 0) {
    normalize_columns<kPack>(x, y, normalizations, batch * plane, channels);
  } else {
    normalize_columns<1>(x, y, normalizations, batch * plane, channels);
  }
}
