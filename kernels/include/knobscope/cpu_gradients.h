#pragma once
// dgamma and dbeta from the sums of blocks of rows, on a CPU. Whoever takes whole rows has the terms of its own rows
// only, and leaves them as two rows of floats: dgamma's, then dbeta's. Here all of them are added up, always in the
// same order: the bits are the same in every run.

#include <algorithm>

#include "element.h"

namespace knobscope {

/// Columns that a thread takes at a time: a few cache lines of every block's sums.
constexpr Index kColumnsAtOnce = 64;

/// Columns number * kColumnsAtOnce and so on, of `blocks` pairs of rows.
inline void add_up_columns(const float* __restrict partials, Element* __restrict dgamma, Element* __restrict dbeta,
                           Index blocks, Index columns, Index number) {
  const Index begin = number * kColumnsAtOnce;
  const Index width = std::min(kColumnsAtOnce, columns - begin);

  double scale[kColumnsAtOnce] = {};
  double shift[kColumnsAtOnce] = {};
  for (Index block = 0; block < blocks; ++block) {
    const float* of_block = partials + block * 2 * columns + begin;
    for (Index i = 0; i < width; ++i) scale[i] += of_block[i];
    for (Index i = 0; i < width; ++i) shift[i] += of_block[columns + i];
  }
  for (Index i = 0; i < width; ++i) {
    dgamma[begin + i] = from_float<Element>(static_cast<float>(scale[i]));
    dbeta[begin + i] = from_float<Element>(static_cast<float>(shift[i]));
  }
}

}  // namespace knobscope
