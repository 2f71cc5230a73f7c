#pragma once
// Where in the tensor the error is: the largest error of each tile, cool below the tolerance and hot above it, from the
// whole tensor down to single elements; a second variant beside it.

#include "gui/views/view.h"

namespace knobscope::gui {

class ErrorMapView final : public View {
 public:
  const char* title() const override { return "Error map"; }
  void draw(ViewContext& context) override;
  void list_actions(ViewContext& context, ActionList& actions) override;
};

}  // namespace knobscope::gui
