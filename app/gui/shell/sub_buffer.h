#pragma once
// Parts of a window's back buffer, copied to the screen, where GLX can do that (GLX_MESA_copy_sub_buffer). Swapping
// leaves the back buffer undefined, so that it has to be filled as a whole before the next one; this does not.

#include <optional>

#include "gui/render/pixel_rect.h"

namespace knobscope::gui {

class SubBuffer {
 public:
  /// Of the current context and its window. Nothing where the extension is missing, and with EGL.
  static std::optional<SubBuffer> find();

  /// `height` is the window's, in pixels. Does not wait for the display's refresh.
  void copy(const PixelRect& part, int height) const;

 private:
  using Copy = void (*)(void* display, unsigned long drawable, int x, int y, int width, int height);
  SubBuffer(Copy function, void* display, unsigned long drawable)
      : copy_(function), display_(display), drawable_(drawable) {}

  Copy copy_;
  void* display_;
  unsigned long drawable_;
};

}  // namespace knobscope::gui
