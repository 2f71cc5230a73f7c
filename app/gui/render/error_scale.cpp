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

ImVec4 error_color(const ErrorScale& scale, const Theme& theme, double error) {
  const auto mixed = [](const std::array<ImVec4, 3>& stops, double share) {
    const double at = std::clamp(share, 0.0, 1.0) * 2.0;
    const std::size_t from = at < 1.0 ? 0 : 1;
    const auto weight = static_cast<float>(at - static_cast<double>(from));
    const auto between = [weight](float a, float b) { return a + (b - a) * weight; };
    const ImVec4& a = stops[from];
    const ImVec4& b = stops[from + 1];
    return ImVec4{between(a.x, b.x), between(a.y, b.y), between(a.z, b.z), 1.0F};
  };
  if (!std::isfinite(error)) return theme.hot.back();
  if (error <= scale.low) return theme.cool.front();
  if (error <= scale.tolerance) {
    return mixed(theme.cool, std::log(error / scale.low) / std::log(scale.tolerance / scale.low));
  }
  return mixed(theme.hot, std::log(error / scale.tolerance) / std::log(scale.high / scale.tolerance));
}

}  // namespace knobscope::gui
