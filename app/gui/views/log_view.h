#pragma once
// What happened, line by line.

#include <string>

#include "gui/views/view.h"

namespace knobscope::gui {

class LogView final : public View {
 public:
  const char* title() const override { return "Log"; }
  void draw(ViewContext& context) override;
  void list_actions(ViewContext& context, ActionList& actions) override;

 private:
  int least_level_ = 0;  ///< index into the level choices: all, warnings, errors
  std::string filter_;
  bool filter_wanted_ = false;  ///< the next draw() gives it the keyboard
  bool copy_wanted_ = false;
};

/// Whether a line is shown: at least that level and, in any case of letters, containing the filter. Pure.
bool log_line_matches(const LogLine& line, LogLevel least, std::string_view filter);

}  // namespace knobscope::gui
