#include "gui/render/pixel_rect.h"

#include <algorithm>

namespace knobscope::gui {

PixelRect common(const PixelRect& a, const PixelRect& b) {
  const int left = std::max(a.x, b.x);
  const int top = std::max(a.y, b.y);
  return {left, top, std::max(0, std::min(a.x + a.width, b.x + b.width) - left),
          std::max(0, std::min(a.y + a.height, b.y + b.height) - top)};
}

PixelRect around(const std::vector<PixelRect>& rects) {
  PixelRect all = rects.front();
  for (const PixelRect& rect : rects) {
    const int right = std::max(all.x + all.width, rect.x + rect.width);
    const int bottom = std::max(all.y + all.height, rect.y + rect.height);
    all.x = std::min(all.x, rect.x);
    all.y = std::min(all.y, rect.y);
    all.width = right - all.x;
    all.height = bottom - all.y;
  }
  return all;
}

}  // namespace knobscope::gui
