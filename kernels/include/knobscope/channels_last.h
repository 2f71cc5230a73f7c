#pragma once
// Channels last: all channels of a pixel are neighbours in memory. Here is how the tensor is cut into tiles of which a
// thread always takes the same channels, whatever their number; and what a thread learns about these.

#include "channel.h"

namespace knobscope {

/// Seen as packs, the tensor is a matrix: after `pattern` packs the same channels come again in the same places, and
/// that is a row, one pixel or several. A tile is as many whole rows as the workers have packs for; if they cannot take
/// even one, a row is cut into slabs, a tile is what a slab has of a row, and each slab has blocks of its own.
template <int kWorkers>
struct Tiling {
  static constexpr int kElements = kWorkers * kPack;  ///< of a tile, at most

  Index elements;
  int channels;
  int pattern;
  int slabs;
  int splits;  ///< blocks of a slab
  int wide;    ///< packs of a slab's row, but the last one's may be fewer
  int slab;    ///< the block's; there may be blocks without one
  int begin;   ///< the slab's first pack of a row
  int width;   ///< packs of a tile
  Index step;  ///< from tile to tile, in packs
  int part;    ///< of the slab's tiles, the block has part, part + splits, ...

  KNOBSCOPE_INLINE Tiling(Index elements, Index all_channels)
      : elements(elements), channels(static_cast<int>(all_channels)) {
    pattern = channels / min(channels & -channels, kPack);
    slabs = (pattern + kWorkers - 1) / kWorkers;
    splits = static_cast<int>(gridDim.x) / slabs;
    wide = (pattern + slabs - 1) / slabs;
    slab = static_cast<int>(blockIdx.x) / splits;
    part = static_cast<int>(blockIdx.x) % splits;
    begin = slab * wide;
    const int rows = slabs == 1 ? kWorkers / pattern : 1;
    width = slabs == 1 ? rows * pattern : max(0, min(wide, pattern - begin));
    step = Index{rows} * pattern;
  }

  KNOBSCOPE_INLINE Index first_pack(Index tile) const { return tile * step + begin; }
  KNOBSCOPE_INLINE Index offset(Index tile) const { return first_pack(tile) * kPack; }

  /// The slab's tiles that are whole.
  KNOBSCOPE_INLINE Index whole_tiles() const {
    const Index last = elements / kPack - begin - width;  // where the last one could begin
    return slab >= slabs || width == 0 || last < 0 ? 0 : last / step + 1;
  }
  /// Where the slab has more, but not a whole tile, and the block is the one to take it: the first pack of that, or -1.
  KNOBSCOPE_INLINE Index rest() const {
    const Index tile = whole_tiles();
    if (slab >= slabs || width == 0 || tile % splits != part || first_pack(tile) * kPack >= elements) return -1;
    return first_pack(tile);
  }
  /// If every block has kElements places: that of the slab's first block for element `at` of a row.
  KNOBSCOPE_INLINE Index partial(int at) const {
    const int pack = at / kPack;
    const int its_slab = pack / wide;
    return Index{its_slab} * splits * kElements + (pack - its_slab * wide) * kPack + at % kPack;
  }
};

/// Three values of a channel, far apart.
KNOBSCOPE_INLINE float centre_of(const Element* x, Index channel, Index rows, Index channels) {
  return Samples{x[channel], x[rows / 2 * channels + channel], x[(rows - 1) * channels + channel]}.middle();
}

/// What a worker finds out about its channels, which are the same in all tiles: one for each element of its pack. Sums
/// of distances from `shift`, the mean of the first values: so what the squares lose to the shift's distance from the
/// mean is little, whatever comes later.
struct Columns {
  float centre[kPack];
  float shift[kPack];
  float count = 0.0F;
  float sum[kPack] = {};
  float squares[kPack] = {};

  /// As many values of each channel as there are packs.
  template <int kPacks>
  KNOBSCOPE_INLINE void add(const PackBytes (&packs)[kPacks]) {
    PackValues values[kPacks];
#pragma unroll
    for (int i = 0; i < kPacks; ++i) values[i] = values_of(packs[i]);
    if (count == 0.0F) {
#pragma unroll
      for (int k = 0; k < kPack; ++k) {
        float first = 0.0F;
#pragma unroll
        for (int i = 0; i < kPacks; ++i) first += values[i].at[k] - centre[k];
        shift[k] = centre[k] + first / kPacks;
      }
    }
#pragma unroll
    for (int k = 0; k < kPack; ++k) {
      float own_sum = 0.0F;
      float own_squares = 0.0F;
#pragma unroll
      for (int i = 0; i < kPacks; ++i) {
        const float distance = values[i].at[k] - shift[k];
        own_sum += distance;
        own_squares += distance * distance;
      }
      sum[k] += own_sum;
      squares[k] += own_squares;
    }
    count += kPacks;
  }

  /// About the centre.
  KNOBSCOPE_INLINE Moments moments(int k) const {
    if (count == 0.0F) return Moments{};
    const float mean = sum[k] / count;
    const float m2 = squares[k] - sum[k] * mean;
    return Moments{count, (shift[k] - centre[k]) + mean, m2 < 0.0F ? 0.0F : m2};
  }
};

/// The moments of `count` together, at `from`, `from` + step, ...: two passes, and one division.
KNOBSCOPE_INLINE Moments merge_all(const Moments* from, int step, int count) {
  float all = 0.0F;
  float sum = 0.0F;
#pragma unroll 4
  for (int i = 0; i < count; ++i) {
    all += from[i * step].count;
    sum += from[i * step].count * from[i * step].mean;
  }
  const float mean = sum / fmaxf(all, 1.0F);
  float m2 = 0.0F;
#pragma unroll 4
  for (int i = 0; i < count; ++i) {
    const float distance = from[i * step].mean - mean;
    m2 += from[i * step].m2 + from[i * step].count * distance * distance;
  }
  return Moments{all, mean, m2};
}

}  // namespace knobscope
