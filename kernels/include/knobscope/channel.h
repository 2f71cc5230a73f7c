#pragma once
// A channel of an NCHW tensor is a plane in every image of the batch, and between two of its planes lie those of all
// other channels. Here is how a channel is cut into slices, how a block walks through some of them, and what comes of
// a channel's moments: mean, rstd, the next running statistics, and the formula for its elements.

#include "vector.h"

namespace knobscope {

/// Three values of a channel. The middle one is near most of the others, for a single outlier is never it. With it
/// subtracted from all values first, a mean of a thousand times the spread costs no digits.
struct Samples {
  Element first;
  Element second;
  Element third;

  KNOBSCOPE_INLINE float middle() const {
    const float a = to_float(first);
    const float b = to_float(second);
    return fmaxf(fminf(a, b), fminf(fmaxf(a, b), to_float(third)));
  }
};

/// How all channels are cut: a plane into slices of `length` elements, a multiple of kPack, the last one shorter.
struct Slices {
  Index batch;
  Index channels;
  Index plane;
  Index length;
  Index per_plane;

  KNOBSCOPE_INLINE Slices(Index batch, Index channels, Index plane, Index length)
      : batch(batch), channels(channels), plane(plane), length(length), per_plane((plane + length - 1) / length) {}

  KNOBSCOPE_INLINE Index of_channel() const { return batch * per_plane; }

  /// Slices are counted through the batch: first those of the channel's plane in image 0.
  KNOBSCOPE_INLINE Stretch at(Index channel, Index slice) const {
    // Planes of several slices are long: no memory holds 2^32 of their slices.
    const Index image = per_plane == 1 ? slice : static_cast<unsigned>(slice) / static_cast<unsigned>(per_plane);
    const Index begin = (slice - image * per_plane) * length;
    const Index first = (image * channels + channel) * plane;
    return cut(first + begin, first + min(begin + length, plane));
  }

  /// Three values of a channel, far apart.
  KNOBSCOPE_INLINE Samples samples(const Element* x, Index channel) const {
    return Samples{x[channel * plane], x[(batch / 2 * channels + channel) * plane + plane / 2],
                   x[((batch - 1) * channels + channel) * plane + plane - 1]};
  }
  KNOBSCOPE_INLINE float centre(const Element* x, Index channel) const { return samples(x, channel).middle(); }
};

/// Some of a channel's slices: begin, begin + 1, ..., end - 1.
struct SliceRange {
  Index begin;
  Index end;
};

/// Part `part` of `parts` nearly equal ones. Some may be empty.
KNOBSCOPE_INLINE SliceRange part_of_channel(const Slices& slices, Index part, Index parts) {
  const Index all = slices.of_channel();
  const Index length = (all + parts - 1) / parts;
  return SliceRange{min(part * length, all), min((part + 1) * length, all)};
}

enum class Walk { forwards, backwards };

/// Calls visit_slice(slice) for every slice that has kPacks packs for each thread of the block, which is what slices
/// of long planes should have. Of the others, calls visit_pack(offset) for each pack and visit_element(offset) for each
/// element at their edges. Those with enough packs are the work of the whole block; small ones, such as planes of 7 x
/// 7, go to so many teams of threads that all have something to do.
template <int kBlock, int kPacks, typename VisitElement, typename VisitPack, typename VisitSlice>
KNOBSCOPE_INLINE void for_each_in_slices(const Slices& slices, Index channel, const SliceRange& range, Walk walk,
                                         VisitElement visit_element, VisitPack visit_pack, VisitSlice visit_slice) {
  constexpr int kPacksOfLane = 8;  // a warp by itself takes slices of up to so many times 32 packs
  const int packs = static_cast<int>(min(slices.plane, slices.length) / kPack) + 1;
  int team = kBlock;
  if (packs <= kWarp * kPacksOfLane) team = kWarp;
  while (team > 1 && team <= kWarp && packs <= team / 2) team /= 2;
  const int rank = static_cast<int>(threadIdx.x) % team;

  for (Index i = range.begin + threadIdx.x / team; i < range.end; i += kBlock / team) {
    const Stretch slice = slices.at(channel, walk == Walk::forwards ? i : range.end - 1 - (i - range.begin));
    if (team == kBlock && slice.packs_begin == slice.begin &&
        slice.packs_end - slice.begin == kPacks * kBlock * kPack) {
      visit_slice(slice);
      continue;
    }
#pragma unroll 4
    for (Index at = slice.packs_begin + rank * kPack; at < slice.packs_end; at += team * kPack) visit_pack(at);
    const int head = static_cast<int>(slice.packs_begin - slice.begin);
    const int edges = head + static_cast<int>(slice.end - slice.packs_end);
    for (int k = rank; k < edges; k += team) visit_element(k < head ? slice.begin + k : slice.packs_end + (k - head));
  }
}

/// The moments of a pack's distances from `centre`. Two passes over values in registers cost no memory traffic.
KNOBSCOPE_INLINE Moments moments_about(float centre, const PackValues& values) {
  PackValues distances;
  float sum = 0.0F;
  for (int i = 0; i < kPack; ++i) sum += distances.at[i] = values.at[i] - centre;
  const float mean = sum / kPack;
  float m2 = 0.0F;
  for (const float distance : distances.at) m2 += (distance - mean) * (distance - mean);
  return Moments{kPack, mean, m2};
}

/// The packs of one thread in a slice that gives every thread kPacks of them.
template <int kPacks>
struct ThreadPacks {
  PackBytes at[kPacks];

  /// All are under way before the first is waited for.
  template <int kBlock>
  static KNOBSCOPE_INLINE ThreadPacks load(const Element* x, const Stretch& slice) {
    ThreadPacks packs;
    const Element* const from = x + slice.packs_begin + threadIdx.x * kPack;
#pragma unroll
    for (int i = 0; i < kPacks; ++i) packs.at[i] = load_bytes(from + i * kBlock * kPack);
    return packs;
  }
};

/// Two passes over values in registers, and one division for all.
template <int kPacks>
KNOBSCOPE_INLINE Moments moments_about(float centre, const ThreadPacks<kPacks>& packs) {
  float sum = 0.0F;
#pragma unroll
  for (int i = 0; i < kPacks; ++i) {
    float of_pack = 0.0F;
    for (const float value : values_of(packs.at[i]).at) of_pack += value - centre;
    sum += of_pack;
  }
  const float mean = sum / (kPacks * kPack);
  float m2 = 0.0F;
#pragma unroll
  for (int i = 0; i < kPacks; ++i) {
    float of_pack = 0.0F;
    for (const float value : values_of(packs.at[i]).at) {
      const float distance = (value - centre) - mean;
      of_pack += distance * distance;
    }
    m2 += of_pack;
  }
  return Moments{kPacks * kPack, mean, m2};
}

/// The moments of these slices' distances from `centre`. The whole block must call, and every thread receives them.
template <int kBlock, int kPacks>
KNOBSCOPE_INLINE Moments
moments_about(float centre, const Element* x, const Slices& slices, Index channel, const SliceRange& range) {
  Moments moments{};
  for_each_in_slices<kBlock, kPacks>(
      slices, channel, range, Walk::forwards,
      [&](Index at) { moments = with_value(moments, to_float(x[at]) - centre); },
      [&](Index at) { moments = merge(moments, moments_about(centre, load_pack(x + at))); },
      [&](const Stretch& slice) {
        moments = merge(moments, moments_about(centre, ThreadPacks<kPacks>::template load<kBlock>(x, slice)));
      });
  return block_reduce<kBlock>(moments);
}

/// What becomes of an element. The mean is in two parts that are subtracted one after the other: the first difference
/// is exact for values near each other, and so nothing is lost where the mean is far from 0.
struct alignas(16) Normalization {
  float centre;
  float mean;  ///< of the distances from the centre
  float scale;
  float shift;

  KNOBSCOPE_INLINE float operator()(float value) const { return ((value - centre) - mean) * scale + shift; }
};

/// rstd of a channel.
KNOBSCOPE_INLINE float rstd_of(const Moments& moments, float epsilon) {
  return 1.0F / sqrtf(moments.m2 / moments.count + epsilon);
}

/// The vectors of a number for each channel that a training step reads and writes.
struct ChannelVectors {
  const Element* gamma;
  const Element* beta;
  const float* running_mean;
  const float* running_var;
  float* mean;
  float* rstd;
  float* next_running_mean;
  float* next_running_var;
  float momentum;
  float epsilon;

  KNOBSCOPE_INLINE Normalization normalization(Index channel, float centre, const Moments& moments) const {
    return Normalization{
        centre, moments.mean, rstd_of(moments, epsilon) * to_float(gamma[channel]), to_float(beta[channel])};
  }

  /// By one thread a channel.
  KNOBSCOPE_INLINE void write(Index channel, float centre, const Moments& moments) const {
    write(channel, centre, moments, running_mean[channel], running_var[channel]);
  }
  /// The same for those who have the running statistics already. The variance that runs is the unbiased one, the
  /// variance that normalizes is not.
  KNOBSCOPE_INLINE void write(Index channel, float centre, const Moments& moments, float old_mean,
                              float old_var) const {
    const float batch_mean = centre + moments.mean;
    const float unbiased = moments.m2 / (moments.count - 1.0F);
    mean[channel] = batch_mean;
    rstd[channel] = rstd_of(moments, epsilon);
    next_running_mean[channel] = fmaf(momentum, batch_mean, __fmul_rn(1.0F - momentum, old_mean));
    next_running_var[channel] = fmaf(momentum, unbiased, __fmul_rn(1.0F - momentum, old_var));
  }

  /// By a warp, when a channel's parts are gathered: merges their moments, the first at `parts` and the others each
  /// `step` further, and writes all that follows from them.
  KNOBSCOPE_INLINE void finalize(Index channel, float centre, const Moments* parts, int count, Index step,
                                 Normalization* normalizations) const {
    const int lane = threadIdx.x % kWarp;
    Moments moments{};
#pragma unroll 8
    for (int i = lane; i < count; i += kWarp) moments = merge(moments, parts[i * step]);
    moments = warp_reduce(moments);
    if (lane != 0) return;
    normalizations[channel] = normalization(channel, centre, moments);
    write(channel, centre, moments);
  }
};

/// Writes y for these slices.
template <int kBlock, int kPacks>
KNOBSCOPE_INLINE void normalize_slices(const Normalization& normalize, const Element* x, Element* y,
                                       const Slices& slices, Index channel, const SliceRange& range, Walk walk) {
  const auto normalize_pack = [&](PackValues values, Index at) {
    for (float& value : values.at) value = normalize(value);
    store_pack(y + at, values);
  };
  for_each_in_slices<kBlock, kPacks>(
      slices, channel, range, walk, [&](Index at) { y[at] = from_float<Element>(normalize(to_float(x[at]))); },
      [&](Index at) { normalize_pack(load_pack(x + at), at); },
      [&](const Stretch& slice) {
        const auto packs = ThreadPacks<kPacks>::template load<kBlock>(x, slice);
#pragma unroll
        for (int i = 0; i < kPacks; ++i) {
          normalize_pack(values_of(packs.at[i]), slice.packs_begin + (i * kBlock + threadIdx.x) * kPack);
        }
      });
}

}  // namespace knobscope
