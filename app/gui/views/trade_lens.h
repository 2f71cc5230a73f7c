#pragma once
// Time x error: every choice of variant and knobs on the problem that is set, and the front of those that nothing beats
// in both.

#include "gui/views/kept.h"
#include "gui/views/line_plot.h"
#include "gui/views/trade_off.h"
#include "gui/views/view.h"

namespace knobscope::gui {

class TradeLens {
 public:
  /// Draws its controls on the rest of the line, and the plot below them.
  void draw(ViewContext& context);
  /// Which error it shows: see error_chooser.h.
  int& error_shown() { return quantity_; }

 private:
  Kept<TradeOff> trade_;
  LinePlot plot_;
  int quantity_ = 0;  ///< 0: max abs, 1: relative L2
};

}  // namespace knobscope::gui
