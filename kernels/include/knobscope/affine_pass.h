#pragma once
// The last pass over a row, when its statistics are known: every value is normalized, takes its column's gamma and
// beta, and goes to y.

#include "cache_hints.h"

namespace knobscope {

/// Writes y of a stretch of the row that starts at offset `first`: normalize(value, gamma, beta). `place_of` tells
/// where the value of an offset is, in the tensor or in shared memory; what is aligned in y is aligned there.
template <int kBlock, int kUnroll, Hint kHint = Hint::none, typename PlaceOf, typename Normalize>
KNOBSCOPE_INLINE void affine_pass(PlaceOf place_of, const Element* gamma, const Element* beta, Element* y, Index first,
                                  const Stretch& stretch, Normalize normalize) {
  for_each_edge<kBlock>(stretch, [&](Index at) {
    const Index column = at - first;
    const float value = to_float(*place_of(at));
    y[at] = from_float<Element>(normalize(value, to_float(gamma[column]), to_float(beta[column])));
  });
  // gamma and beta start at the row's start: their packs are aligned only where the row is.
  const bool aligned = first % kPack == 0;
  for_each_pack<kBlock, kUnroll>(stretch, [&](Index at) {
    const Index column = at - first;
    const PackValues scale = aligned ? load_pack(gamma + column) : gather_pack(gamma + column);
    const PackValues shift = aligned ? load_pack(beta + column) : gather_pack(beta + column);
    PackValues values = load_pack(place_of(at));
    for (int i = 0; i < kPack; ++i) values.at[i] = normalize(values.at[i], scale.at[i], shift.at[i]);
    store_pack<kHint>(y + at, values);
  });
}

}  // namespace knobscope
