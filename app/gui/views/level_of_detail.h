#pragma once
// Level of detail of a plot: of thousands of points that would cover each other only one gets a mark, and the plot says
// how many there are. Pure.

#include <cstddef>
#include <cstdint>
#include <vector>

#include <imgui.h>

namespace knobscope::gui {

/// A point where it would be drawn.
struct PlacedPoint {
  ImVec2 at;       ///< pixels
  int series = 0;  ///< marks of different series never stand for each other,
  int look = 0;    ///< nor do those that look different: a wrong one is not hidden by right ones
  bool inside = true;
};

struct Detail {
  std::vector<bool> shown;  ///< for each point, in the order given
  std::size_t points = 0;   ///< inside the plot
  std::size_t marks = 0;    ///< of them that are shown
  float cell = 0.0F;        ///< marks that are nearer than this to each other are one; 0: all are shown
  bool is_thinned() const { return marks < points; }
};

/// Up to `most` points inside the plot all get a mark. Beyond that the first of each series and look in every square of
/// `cell` pixels does, and squares are doubled (three times at most) while there are more marks than that. Points
/// outside get none.
Detail detail_of(const std::vector<PlacedPoint>& points, float cell, std::size_t most);

}  // namespace knobscope::gui
