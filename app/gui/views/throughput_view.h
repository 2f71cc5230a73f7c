#pragma once
// The large plot: how fast each ticked variant is, over a knob, the row length or the offset.

#include "gui/views/line_plot.h"
#include "gui/views/view.h"

namespace knobscope::gui {

class ThroughputView final : public View {
 public:
  const char* title() const override { return "Throughput"; }
  void draw(ViewContext& context) override;

 private:
  LinePlot plot_;
};

/// Segments to choose the x axis of plots, those that bear on most variants where not all have room; draws nothing when
/// there is none. Leaves `beside` device pixels of the line free. Changes state.x_axis.
void axis_chooser(ViewContext& context, const char* id, float beside);

}  // namespace knobscope::gui
