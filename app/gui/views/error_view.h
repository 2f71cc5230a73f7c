#pragma once
// The error lens as a panel of its own, beside the large plot.

#include "gui/views/error_chooser.h"
#include "gui/views/error_lens.h"
#include "gui/views/view.h"

namespace knobscope::gui {

class ErrorView final : public View {
 public:
  const char* title() const override { return "Error"; }
  void draw(ViewContext& context) override { lens_.draw(context); }
  void list_actions(ViewContext& /*context*/, ActionList& actions) override {
    list_errors("y axis", lens_.error_shown(), actions, [this](int chosen) { lens_.error_shown() = chosen; });
  }

 private:
  ErrorLens lens_;
};

}  // namespace knobscope::gui
