#pragma once
// Roofline: operations a second over operations a byte, below what memory and arithmetic allow.

#include "gui/views/kept.h"
#include "gui/views/line_plot.h"
#include "gui/views/roofline.h"
#include "gui/views/view.h"

namespace knobscope::gui {

class RooflineLens {
 public:
  /// Draws its note on the rest of the line, and the plot below it.
  void draw(ViewContext& context);

 private:
  Kept<Roofline> roofline_;
  LinePlot plot_;
};

}  // namespace knobscope::gui
