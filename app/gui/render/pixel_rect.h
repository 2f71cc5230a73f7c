#pragma once
// Rectangles of pixels. Pure.

#include <vector>

namespace knobscope::gui {

/// A part of a picture, from its upper left corner.
struct PixelRect {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;
  friend bool operator==(const PixelRect&, const PixelRect&) = default;
};

/// What two rectangles have in common; of no width or height: nothing.
PixelRect common(const PixelRect& a, const PixelRect& b);

/// The smallest rectangle with all of these in it. Precondition: there is one.
PixelRect around(const std::vector<PixelRect>& rects);

}  // namespace knobscope::gui
