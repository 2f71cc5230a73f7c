#pragma once
// A row in parts, each the work of one block: how it is cut, what is learned of a part, how the parts come together,
// and how a part is written. Whole packs where memory is aligned, single elements elsewhere.

#include "cache_hints.h"

namespace knobscope {

/// Part `part` of the row that starts at offset `first`: whole packs long, but for the row's end. A short row's last
/// parts may be empty.
KNOBSCOPE_INLINE Stretch part_of_row(Index first, Index columns, Index part, Index parts) {
  const Index even = (columns + parts - 1) / parts;
  const Index length = (even + kPack - 1) / kPack * kPack;
  const Index begin = min(part * length, columns);
  const Index end = min(begin + length, columns);
  return cut(first + begin, first + end);
}

/// Two passes over values that are in registers cost no memory traffic, and one division serves a whole pack.
KNOBSCOPE_INLINE Moments moments_of(const PackValues& values) {
  float sum = 0.0F;
  for (const float value : values.at) sum += value;
  const float mean = sum / kPack;
  float m2 = 0.0F;
  for (const float value : values.at) m2 += (value - mean) * (value - mean);
  return Moments{kPack, mean, m2};
}

/// The moments of a stretch. The whole block must call, and every thread receives them.
template <int kBlock>
KNOBSCOPE_INLINE Moments moments_of(const Element* x, const Stretch& stretch) {
  Moments moments = fold_packs<Moments, kBlock, 4>(
      stretch, [&](Moments chain, Index at) { return merge(chain, moments_of(load_pack(x + at))); });
  for_each_edge<kBlock>(stretch, [&](Index at) { moments = with_value(moments, to_float(x[at])); });
  return block_reduce<kBlock>(moments);
}

/// The moments of a row from those of its parts. Whichever block calls, it merges the same parts in the same order and
/// comes to the same bits. The whole block must call, and every thread receives them.
template <int kBlock>
KNOBSCOPE_INLINE Moments merged_parts(const Moments* partials, Index parts) {
  Moments moments{};
  for (Index i = threadIdx.x; i < parts; i += kBlock) moments = merge(moments, partials[i]);
  return block_reduce<kBlock>(moments);
}

/// Normalizes a stretch of the row that starts at offset `first`, and writes it to y.
template <int kBlock, Hint kHint = Hint::none>
KNOBSCOPE_INLINE void apply_to(const Element* x, const Element* gamma, const Element* beta, Element* y, Index first,
                               const Stretch& stretch, float row_mean, float row_rstd) {
  const auto normalize = [&](float value, float scale, float shift) {
    return (value - row_mean) * row_rstd * scale + shift;
  };
  for_each_edge<kBlock>(stretch, [&](Index at) {
    const Index column = at - first;
    y[at] = from_float<Element>(normalize(to_float(x[at]), to_float(gamma[column]), to_float(beta[column])));
  });
  // gamma and beta start at the row's start: their packs are aligned only where the row is.
  const bool aligned = first % kPack == 0;
  for_each_pack<kBlock, 1>(stretch, [&](Index at) {
    const Index column = at - first;
    const PackValues scale = aligned ? load_pack(gamma + column) : gather_pack(gamma + column);
    const PackValues shift = aligned ? load_pack(beta + column) : gather_pack(beta + column);
    PackValues values = load_pack(x + at);
    for (int i = 0; i < kPack; ++i) values.at[i] = normalize(values.at[i], scale.at[i], shift.at[i]);
    store_pack<kHint>(y + at, values);
  });
}

}  // namespace knobscope
