#pragma once
// The kernel that is selected: what it is about, what the compiler made of it, its source, and what is wrong with it.

#include <memory>
#include <string>
#include <vector>

#include "gui/views/view.h"

namespace knobscope::gui {

class KernelView final : public View {
 public:
  KernelView();
  ~KernelView() override;
  const char* title() const override { return "Kernel"; }
  void draw(ViewContext& context) override;

 private:
  struct Source;  ///< the text editor, holding a copy of the source it last showed
  std::unique_ptr<Source> source_;
};

/// A message of the compiler that names a line of the kernel file.
struct SourceMark {
  int line = 0;  ///< 1-based
  std::string message;
  bool is_error = true;
};

/// Finds "…<file>(12): error: …" (NVRTC) and "…<file>:12:5: error: …" (g++, clang) in a compile log. `file` is the
/// kernel file's name without folder. Pure.
std::vector<SourceMark> source_marks(const std::string& log, const std::string& file);

}  // namespace knobscope::gui
