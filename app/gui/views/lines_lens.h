#pragma once
// Knob lines: how fast each ticked variant is, over a knob, the row length or the offset.

#include <string>
#include <vector>

#include "gui/views/kept.h"
#include "gui/views/line_plot.h"
#include "gui/views/view.h"

namespace knobscope::gui {

class LinesLens {
 public:
  /// Draws its controls on the rest of the line, and the plot below them.
  void draw(ViewContext& context);

 private:
  /// What follows from the points.
  struct Lines {
    SeriesSet set;
    std::string techniques;               ///< that its times were taken by
    std::vector<ReferenceLine> of_sizes;  ///< ceilings of the points' sizes: copy, read, write; no corners: none
  };
  static Lines lines_of(const ViewContext& context);

  Kept<Lines> lines_;
  LinePlot plot_;
};

}  // namespace knobscope::gui
