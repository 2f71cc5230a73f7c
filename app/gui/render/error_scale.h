#pragma once
// The scale of the error map: two logarithmic ranges that meet at the tolerance. Pure.

#include "core/error_report.h"
#include "gui/theme.h"

namespace knobscope::gui {

/// low < tolerance < high, all positive and finite.
struct ErrorScale {
  double low = 1e-9;
  double tolerance = 1e-5;
  double high = 1e-2;
};

/// Fits the map: whole decades around the smallest and largest finite errors above 0, at least two decades either
/// side of the tolerance.
ErrorScale error_scale_of(const ErrorMap& map);

/// 0 at low, 1 at high, logarithmic in between; clamped. 0 errors are 0, +Inf and NaN are 1.
double position_of(const ErrorScale& scale, double error);

/// The colour that the shader gives a tile: cool below the tolerance and hot above it, each logarithmic; for what is
/// not finite, that of the largest.
ImVec4 error_color(const ErrorScale& scale, const Theme& theme, double error);

}  // namespace knobscope::gui
