#pragma once
// Knob lines: how fast each ticked variant is, over a knob, the row length or the offset.

#include "gui/views/line_plot.h"
#include "gui/views/view.h"

namespace knobscope::gui {

class LinesLens {
 public:
  /// Draws its controls on the rest of the line, and the plot below them.
  void draw(ViewContext& context);

 private:
  LinePlot plot_;
};

}  // namespace knobscope::gui
