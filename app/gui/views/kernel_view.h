#pragma once
// The kernel that is selected: what it is about, what the compiler made of it, its source, and what is wrong with it.

#include <string>

#include "gui/views/changes_pane.h"
#include "gui/views/findings_list.h"
#include "gui/views/source_marks.h"
#include "gui/views/source_pane.h"
#include "gui/views/view.h"

namespace knobscope::gui {

class KernelView final : public View {
 public:
  const char* title() const override { return "Kernel"; }
  void draw(ViewContext& context) override;
  void list_actions(ViewContext& context, ActionList& actions) override;

 private:
  void draw_findings(const Theme& theme, const FindingsOf& of, float height);
  /// The source and, where the compiler said something, its log: into the room but `below` device pixels.
  void draw_source(const Theme& theme, const std::string& log, float below);

  /// What is to be compared with, the other variant's row of controls.
  void draw_changes_bar(ViewContext& context, const Variant& variant);

  SourcePane source_;
  ChangesPane changes_;
  bool changes_shown_ = false;  ///< in this frame: there is another one to compare with
  FindingsList findings_;
};

}  // namespace knobscope::gui
