#pragma once
// What CUPTI said of a point, as rows of words and figures. Pure functions.

#include <string>
#include <string_view>
#include <vector>

#include "core/point.h"
#include "core/snapshot.h"

namespace knobscope::gui {

class PointIndex;

struct ProfileRow {
  std::string_view name;
  std::string value;
  std::string beside;           ///< what to compare it with: a difference, a share
  std::string_view definition;  ///< one or two sentences
};

/// Kernel time beside event time, counted bytes beside the model's, cache hits, achieved occupancy beside the
/// theoretical one; only what is known.
std::vector<ProfileRow> profile_rows(const Point& point);

/// The latest point at the same place as `point` (device, problem, variant, knobs, source) that has a profile; null
/// when there is none.
PointPtr latest_profiled(const Snapshot& snapshot, const Point& point, const PointIndex* index = nullptr);

}  // namespace knobscope::gui
