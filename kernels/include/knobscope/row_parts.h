#pragma once
// A row in parts, each the work of one block: how it is cut, what is learned of a part, how the parts come together,
// and how a part is written. Whole packs where memory is aligned, single elements elsewhere.

#include "affine_pass.h"

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
  const auto place_of = [&](Index at) { return x + at; };
  affine_pass<kBlock, 1, kHint>(place_of, gamma, beta, y, first, stretch, normalize);
}

}  // namespace knobscope
