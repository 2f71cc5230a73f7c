#include "gui/views/level_of_detail.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

namespace knobscope::gui {
namespace {

constexpr int kDoublings = 3;

std::uint64_t square_of(const PlacedPoint& point, float cell) {
  const auto across = static_cast<std::uint64_t>(std::max(std::floor(point.at.x / cell), 0.0F));
  const auto down = static_cast<std::uint64_t>(std::max(std::floor(point.at.y / cell), 0.0F));
  const auto series = static_cast<std::uint64_t>(point.series);
  const auto look = static_cast<std::uint64_t>(point.look);
  return (series << 40U) ^ (look << 36U) ^ ((down & 0x3ffffU) << 18U) ^ (across & 0x3ffffU);
}

}  // namespace

Detail detail_of(const std::vector<PlacedPoint>& points, float cell, std::size_t most) {
  Detail detail;
  detail.shown.resize(points.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    detail.shown[i] = points[i].inside;
    if (points[i].inside) ++detail.points;
  }
  detail.marks = detail.points;
  if (detail.points <= most) return detail;
  for (int doubling = 0; doubling <= kDoublings; ++doubling) {
    detail.cell = cell * static_cast<float>(1 << doubling);
    detail.marks = 0;
    std::unordered_set<std::uint64_t> taken;
    taken.reserve(most * 2);
    for (std::size_t i = 0; i < points.size(); ++i) {
      detail.shown[i] = points[i].inside && taken.insert(square_of(points[i], detail.cell)).second;
      if (detail.shown[i]) ++detail.marks;
    }
    if (detail.marks <= most) break;
  }
  return detail;
}

}  // namespace knobscope::gui
