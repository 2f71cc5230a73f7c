#include "gui/render/error_scale.h"

#include <algorithm>
#include <cmath>

namespace knobscope::gui {

ErrorScale error_scale_of(const ErrorMap& map) {
  ErrorScale scale;
  scale.tolerance = map.tolerance > 0.0 && std::isfinite(map.tolerance) ? map.tolerance : 1e-5;
  double smallest = scale.tolerance;
  double largest = scale.tolerance;
  for (const float value : map.max_abs) {
    const auto error = static_cast<double>(value);
    if (!std::isfinite(error) || error <= 0.0) continue;
    smallest = std::min(smallest, error);
    largest = std::max(largest, error);
  }
  scale.low = std::pow(10.0, std::floor(std::log10(std::min(smallest, scale.tolerance / 100.0))));
  scale.high = std::pow(10.0, std::ceil(std::log10(std::max(largest, scale.tolerance * 100.0))));
  return scale;
}

double position_of(const ErrorScale& scale, double error) {
  if (std::isnan(error)) return 1.0;
  if (error <= scale.low) return 0.0;
  if (error >= scale.high) return 1.0;
  return std::log(error / scale.low) / std::log(scale.high / scale.low);
}

}  // namespace knobscope::gui
