#pragma once
// Mean and variance of many values on a CPU, in one pass over memory and with next to nothing lost to rounding.
//
// Sixteen vectors at a time: the first of them stands in for their mean, and what is squared is the distance from it.
// So the squares are about as small as the spread of the values, whatever the values are, and float is enough for them.
// A bad choice, such as an outlier, costs no more than the digits that it costs the variance itself. What sixteen come
// to is carried on in double. Lanes stay apart until the end: nothing in the loop waits for a sum across a register.

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

  template <int kVectors>
  __attribute__((always_inline)) void add(const Element* values) {
    const Lanes centre = load_lanes(values);
    Lanes distances[2] = {};  // two chains of additions, for each waits for the one before
    Lanes squares[2] = {};
#pragma GCC unroll 16
    for (int i = 1; i < kVectors; ++i) {
      const Lanes distance = load_lanes(values + i * kLanes) - centre;
      distances[i % 2] += distance;
      squares[i % 2] += distance * distance;
    }
    const Lanes moved = distances[0] + distances[1];
    const Lanes around_mean = (squares[0] + squares[1]) - moved * moved * (1.0F / kVectors);
    const Doubles exact = __builtin_convertvector(centre, Doubles) * kVectors + __builtin_convertvector(moved, Doubles);
    sum += exact;
    between += exact * exact * (1.0 / kVectors);
    within += __builtin_convertvector(around_mean, Doubles);
  }
};

/// kAhead: how many bytes ahead of what is read the next lines are asked for, past the end as well, where they do no
/// harm; 0: the processor guesses.
template <int kAhead = 0>
inline DoubleMoments moments_of(const Element* values, Index count) {
  constexpr int kVectors = 16;
  MomentLanes lanes;
  Index i = 0;
  for (; i + kVectors * kLanes <= count; i += kVectors * kLanes) {
    if constexpr (kAhead > 0) {
#pragma GCC unroll 16
      for (int k = 0; k < kVectors; ++k) {
        __builtin_prefetch(reinterpret_cast<const char*>(values + i + k * kLanes) + kAhead, 0, 2);
      }
    }
    lanes.add<kVectors>(values + i);
  }
  for (; i + kLanes <= count; i += kLanes) lanes.add<1>(values + i);

  double sum = 0.0;
  double squares = 0.0;
  for (int lane = 0; lane < kLanes; ++lane) {
    sum += lanes.sum[lane];
    squares += lanes.between[lane] + lanes.within[lane];
  }
  for (; i < count; ++i) {
    const double value = to_float(values[i]);
    sum += value;
    squares += value * value;
  }
  const auto n = static_cast<double>(count);
  if (!std::isfinite(sum)) {  // an infinity has no distance from anything, but it can be added up
    double plain = 0.0;
    for (i = 0; i < count; ++i) plain += to_float(values[i]);
    return DoubleMoments{n, plain / n, sum - sum};
  }
  const double m2 = squares - sum * (sum / n);
  return DoubleMoments{n, sum / n, m2 < 0.0 ? 0.0 : m2};
}

}  // namespace knobscope
