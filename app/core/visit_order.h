#pragma once
// In which order the points of a sweep are measured. Pure.

#include <vector>

#include "core/point.h"

namespace knobscope {

/// Coarse to fine, so that the picture is useful early: first the ends of every axis (each dimension of the shape, the
/// offset, each knob of a variant), then their middles, then the middles of the parts, and so on. A point comes as late
/// as the latest of its axes. Variants, types and other distributions are no axes: each has its coarse points first.
/// Equally coarse points stay in their order, so that inputs are still reused.
std::vector<PointRequest> coarse_to_fine(std::vector<PointRequest> points);

/// The step in which each of `count` values of an axis is met: 0 for both ends, 1 for the middle, 2 for the middles of
/// the halves, …
std::vector<int> halving_steps(std::size_t count);

}  // namespace knobscope
