#pragma once
// The time lens: one point by every technique it was timed by, and stacked what its time is made of.

#include "gui/views/view.h"

namespace knobscope::gui {

class TimeView final : public View {
 public:
  const char* title() const override { return "Time"; }
  void draw(ViewContext& context) override;
  void list_actions(ViewContext& context, ActionList& actions) override;
};

}  // namespace knobscope::gui
