#pragma once
// How long a sweep will take, before it starts. Pure.

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "core/point.h"

namespace knobscope {

/// How long a point takes, as a share of the others: most are measured until they are known well enough, but the
/// emulated device plays every element, and compiling a kernel takes as long as playing some ten thousand.
double weight_of(const PointRequest& request);

/// Wall seconds that a point took, as its worker and client say; nothing of one from an older file.
std::optional<double> seconds_of(const Point& point);

struct SweepEstimate {
  std::int64_t points = 0;
  double seconds = 0.0;
  /// Of how many points on the same device it was learned; 0: the limits of the method say it, and it is no more than
  /// a bound for devices that time, and a guess for the emulated one.
  std::int64_t learned_from = 0;
};

/// From the mean of the points of `measured` on the same device that tell what they took: those of a variant speak for
/// it, all of them for the others. Points of a file tell by the time from one start to the next, where that is less
/// than a minute.
SweepEstimate estimate_sweep(std::span<const PointRequest> points, std::span<const PointPtr> measured);

/// "about 2 min 10 s, by 57 points measured here", "at most about 26 s, by the method's limits".
std::string words_of(const SweepEstimate& estimate);

}  // namespace knobscope
