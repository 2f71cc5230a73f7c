#pragma once
// A kernel file's source to read: coloured, with what is wrong marked at the line and written below it.

#include <memory>
#include <span>
#include <string>

#include "gui/theme.h"
#include "gui/views/source_marks.h"

namespace knobscope::gui {

class SourcePane {
 public:
  SourcePane();
  ~SourcePane();
  SourcePane(const SourcePane&) = delete;
  SourcePane& operator=(const SourcePane&) = delete;

  /// What is shown from the next draw() on. Another file `id` starts at its first error, or else below its front
  /// matter; the same file, changed or with other marks, stays where it was scrolled to unless its first error is new.
  void show(const std::string& id, const std::string& source, std::span<const SourceMark> marks);
  /// Brings a line (from 1) into the middle and points at it until another one is asked for or the file changes.
  void go_to(int line);
  /// A child window "##source" of that size.
  void draw(const Theme& theme, ImVec2 size);

 private:
  struct Editor;
  std::unique_ptr<Editor> editor_;
};

}  // namespace knobscope::gui
