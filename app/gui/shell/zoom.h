#pragma once
// Steps of the window's zoom, on top of the monitor's scale.

#include <algorithm>
#include <array>
#include <cmath>

namespace knobscope::gui {

inline constexpr std::array kZoomSteps = {0.5F,  0.67F, 0.75F, 0.8F, 0.9F, 1.0F, 1.1F,
                                          1.25F, 1.5F,  1.75F, 2.0F, 2.5F, 3.0F};
inline constexpr float kLowestZoom = kZoomSteps.front();
inline constexpr float kHighestZoom = kZoomSteps.back();

/// The next step above (`direction` > 0) or below; the same where there is none.
inline float zoom_beside(float zoom, int direction) {
  float next = zoom;
  for (const float step : kZoomSteps) {
    if (direction > 0 && step > zoom + 0.005F) return step;
    if (direction < 0 && step < zoom - 0.005F) next = step;
  }
  return next;
}

}  // namespace knobscope::gui
