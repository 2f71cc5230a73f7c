#pragma once
// Mean and variance of many values on a CPU, in one pass over memory and with next to nothing lost to rounding.
//
// Sixteen vectors are loaded into registers and looked at twice there: for their mean, and for the distances from it.
// So the squares are as small as the spread of the values, and float is enough for them. What sixteen come to is
// carried on in double. Lanes stay apart until the end: nothing in the loop waits for a sum across a register.

#include <cmath>

#include "cpu_vector.h"

namespace knobscope {

/// What some values have in common: how many they are, their mean, and the sum of their squared distances from it.
/// DoubleMoments{} are those of no values.
struct DoubleMoments {
  double count = 0.0;
  double mean = 0.0;
  double m2 = 0.0;
};

/// The moments of both together, after Chan, Golub and LeVeque (The American Statistician 37, 1983).
inline DoubleMoments merge(const DoubleMoments& a, const DoubleMoments& b) {
  if (b.count == 0.0) return a;
  const double count = a.count + b.count;
  const double share = b.count / count;
  const double distance = b.mean - a.mean;
  // An infinity has no distance from anything, but a mean it has: itself.
  if (!std::isfinite(distance)) return DoubleMoments{count, a.mean + b.mean, distance - distance};
  return DoubleMoments{count, a.mean + distance * share, a.m2 + b.m2 + distance * distance * (a.count * share)};
}

/// The sums behind moments_of(), lane by lane.
struct MomentLanes {
  using Doubles = double __attribute__((vector_size(8 * kLanes)));

  Doubles sum{};      // of the values
  Doubles between{};  // of each column of vectors: its sum, squared, over how many it has
  Doubles within{};   // of squared distances from the column's own mean
  Lanes rough{};      // of the values, for those with an infinity, which has no distance from anything

  template <int kVectors>
  __attribute__((always_inline)) void add(const Element* values) {
    Lanes vectors[kVectors];
#pragma GCC unroll 16
    for (int i = 0; i < kVectors; ++i) vectors[i] = load_lanes(values + i * kLanes);
    Lanes column = vectors[0];
#pragma GCC unroll 16
    for (int i = 1; i < kVectors; ++i) column += vectors[i];
    const Lanes mean = column * (1.0F / kVectors);
    Lanes left_over{};  // the mean was rounded
    Lanes squares{};
#pragma GCC unroll 16
    for (int i = 0; i < kVectors; ++i) {
      const Lanes distance = vectors[i] - mean;
      left_over += distance;
      squares += distance * distance;
    }
    const Doubles exact =
        __builtin_convertvector(mean, Doubles) * kVectors + __builtin_convertvector(left_over, Doubles);
    sum += exact;
    between += exact * exact * (1.0 / kVectors);
    within += __builtin_convertvector(squares, Doubles);
    rough += column;
  }
};

inline DoubleMoments moments_of(const Element* values, Index count) {
  constexpr int kVectors = 16;
  MomentLanes lanes;
  Index i = 0;
  for (; i + kVectors * kLanes <= count; i += kVectors * kLanes) lanes.add<kVectors>(values + i);
  for (; i + kLanes <= count; i += kLanes) lanes.add<1>(values + i);

  double sum = 0.0;
  double squares = 0.0;
  for (int lane = 0; lane < kLanes; ++lane) {
    sum += lanes.sum[lane];
    squares += lanes.between[lane] + lanes.within[lane];
  }
  double rough = sum_of_lanes(lanes.rough);
  for (; i < count; ++i) {
    const double value = to_float(values[i]);
    sum += value;
    squares += value * value;
    rough += value;
  }
  const auto n = static_cast<double>(count);
  if (!std::isfinite(sum)) return DoubleMoments{n, rough / n, sum - sum};
  const double m2 = squares - sum * (sum / n);
  return DoubleMoments{n, sum / n, m2 < 0.0 ? 0.0 : m2};
}

}  // namespace knobscope
