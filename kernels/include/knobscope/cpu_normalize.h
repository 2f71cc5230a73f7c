#pragma once
// y = (x - mean) * scale + shift for values that lie side by side and share all three, on a CPU.

#include <algorithm>

#include "cpu_vector.h"

namespace knobscope {

/// The mean is kept in two parts: rounded to a float, a thousand times the spread has three digits fewer to give y.
struct Normalization {
  float mean;
  float left_over;
  float scale;
  float shift;

  Normalization(double exact_mean, double exact_scale, float new_shift)
      : mean(static_cast<float>(exact_mean)),
        left_over(static_cast<float>(exact_mean - mean)),
        scale(static_cast<float>(exact_scale)),
        shift(new_shift) {}

  template <typename Value>
  Value of(Value value) const {
    return ((value - mean) - left_over) * scale + shift;
  }
};

/// Elements first to first + count - 1. Streams, if asked to, from the first place on where a vector may be streamed
/// to: tensors start there, and so does every multiple of kLanes.
template <bool kStream>
inline void normalize(const Element* __restrict x, Element* __restrict y, Index first, Index count,
                      const Normalization& normalization) {
  const auto one = [&](Index at) { y[at] = from_float<Element>(normalization.of(to_float(x[at]))); };
  Index at = first;
  const Index end = first + count;
  const Index head = kStream ? std::min(end, (first + kLanes - 1) / kLanes * kLanes) : first;
  for (; at < head; ++at) one(at);
#pragma GCC unroll 4
  for (; at + kLanes <= end; at += kLanes) put_lanes<kStream>(y + at, normalization.of(load_lanes(x + at)));
  for (; at < end; ++at) one(at);
}

}  // namespace knobscope
