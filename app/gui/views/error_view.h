#pragma once
// How wrong each ticked variant is, over a knob, the row length or the offset, with the tolerance as a line.

#include "gui/views/line_plot.h"
#include "gui/views/view.h"

namespace knobscope::gui {

class ErrorView final : public View {
 public:
  const char* title() const override { return "Error"; }
  void draw(ViewContext& context) override;

 private:
  LinePlot plot_;
  int quantity_ = 0;  ///< 0: max abs, 1: relative L2
};

}  // namespace knobscope::gui
