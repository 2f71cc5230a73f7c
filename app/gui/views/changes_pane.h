#pragma once
// What changed from one kernel to another: both files' code, line by line, coloured as the source is.

#include <string>
#include <vector>

#include "core/line_diff.h"
#include "core/variant.h"
#include "core/word_diff.h"
#include "gui/theme.h"
#include "gui/views/code_colors.h"

namespace knobscope::gui {

/// The code of a kernel file without its front matter, which every file has its own of.
std::string code_of(const Variant& variant);

class ChangesPane {
 public:
  /// What is shown from the next draw() on.
  void show(const Variant& before, const Variant& after);
  /// Lines that are gone on one tint, new ones on another, and the words that changed within a line on a stronger one;
  /// each line with its number, long runs of equal lines folded. A child window "##changes" of that size.
  void draw(const Theme& theme, ImVec2 size) const;
  int added() const { return added_; }
  int removed() const { return removed_; }

 private:
  struct Row {
    DiffLine line;
    std::vector<CodePiece> pieces;  ///< of the line's text
    std::vector<TextPart> changed;  ///< within the line
    int folded = 0;                 ///< so many equal lines stand for this row; 0: it is a line
  };
  static void draw_row(const Theme& theme, const Row& row, ImVec2 at, float gutter, float wide);

  std::string before_;  ///< sources that `rows_` are made of
  std::string after_;
  std::vector<Row> rows_;
  int added_ = 0;
  int removed_ = 0;
};

}  // namespace knobscope::gui
