#pragma once
// The large plot, through the lens that is set.

#include "gui/views/compare_lens.h"
#include "gui/views/error_lens.h"
#include "gui/views/heat_lens.h"
#include "gui/views/lines_lens.h"
#include "gui/views/roofline_lens.h"
#include "gui/views/trade_lens.h"
#include "gui/views/view.h"

namespace knobscope::gui {

class ThroughputView final : public View {
 public:
  const char* title() const override { return "Throughput"; }
  void draw(ViewContext& context) override;
  void list_actions(ViewContext& context, ActionList& actions) override;

 private:
  void list_heat(ViewContext& context, ActionList& actions);

  LinesLens lines_;
  HeatLens heat_;
  ErrorLens error_;
  TradeLens trade_;
  RooflineLens roofline_;
  CompareLens compare_;
};

}  // namespace knobscope::gui
