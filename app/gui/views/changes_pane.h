#pragma once
// What changed from one kernel to another: both files' code, line by line.

#include <string>
#include <vector>

#include "core/line_diff.h"
#include "core/variant.h"
#include "gui/theme.h"

namespace knobscope::gui {

/// The code of a kernel file without its front matter, which every file has its own of.
std::string code_of(const Variant& variant);

class ChangesPane {
 public:
  /// What is shown from the next draw() on.
  void show(const Variant& before, const Variant& after);
  /// Lines that are gone on one tint, new ones on another, each with its number; long runs of equal lines are folded. A
  /// child window "##changes" of that size.
  void draw(const Theme& theme, ImVec2 size) const;
  int added() const { return added_; }
  int removed() const { return removed_; }

 private:
  struct Row {
    DiffLine line;
    int folded = 0;  ///< so many equal lines stand for this row; 0: it is a line
  };

  std::string before_;  ///< sources that `rows_` are made of
  std::string after_;
  std::vector<Row> rows_;
  int added_ = 0;
  int removed_ = 0;
};

}  // namespace knobscope::gui
