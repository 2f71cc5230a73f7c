#pragma once
// Mean and variance without the difference of two large numbers.

#include "platform.h"

namespace knobscope {

/// What some values have in common: how many they are, their mean, and the sum of their squared distances from it.
/// Moments{} are those of no values. The count is a float because formulas divide by it; it is exact up to 2^24.
struct Moments {
  float count;
  float mean;
  float m2;
};

/// One value more, after Welford (Technometrics 4, 1962): the mean moves by a share of the distance to the value. The
/// squares are of distances to the running mean, so they stay as small as the spread, however far from 0 the values
/// are.
KNOBSCOPE_INLINE Moments with_value(Moments moments, float value) {
  const float count = moments.count + 1.0F;
  const float distance = value - moments.mean;
  const float mean = moments.mean + distance / count;
  return Moments{count, mean, moments.m2 + distance * (value - mean)};
}

/// The moments of both together, after Chan, Golub and LeVeque (The American Statistician 37, 1983).
KNOBSCOPE_INLINE Moments merge(Moments a, Moments b) {
  if (b.count == 0.0F) return a;
  const float count = a.count + b.count;
  const float share = b.count / count;
  const float distance = b.mean - a.mean;
  return Moments{count, a.mean + distance * share, a.m2 + b.m2 + distance * distance * (a.count * share)};
}

}  // namespace knobscope
