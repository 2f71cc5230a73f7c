#include "gui/views/plot_keys.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace knobscope::gui {
namespace {

constexpr double kZoomStep = 1.3;
constexpr double kMoveStep = 1.0 / 8.0;

/// What has no number stands on the floor.
double height_of(const SeriesPoint& point) { return point.y.value_or(-std::numeric_limits<double>::infinity()); }

struct Place {
  const Series* line = nullptr;
  std::size_t index = 0;
  const SeriesPoint& point() const { return line->points[index]; }
};

std::optional<Place> place_of(const SeriesSet& set, std::optional<std::int64_t> selected) {
  for (const Series& line : set.lines) {
    for (std::size_t i = 0; i < line.points.size(); ++i) {
      if (line.points[i].point && selected == line.points[i].point->request.id) return Place{&line, i};
    }
  }
  return std::nullopt;
}

PointPtr first_point(const SeriesSet& set) {
  for (const Series& line : set.lines) {
    for (const SeriesPoint& point : line.points) {
      if (point.point) return point.point;
    }
  }
  return nullptr;
}

/// Of a line that is not empty.
const SeriesPoint& nearest_in(const Series& line, double position) {
  return *std::ranges::min_element(
      line.points, {}, [position](const SeriesPoint& point) { return std::fabs(point.position - position); });
}

PointPtr next_above(const SeriesSet& set, const Place& from, int up) {
  const double height = height_of(from.point());
  const SeriesPoint* next = nullptr;
  for (const Series& line : set.lines) {
    if (&line == from.line || line.points.empty()) continue;
    const SeriesPoint& there = nearest_in(line, from.point().position);
    if (!there.point || (up > 0 ? height_of(there) <= height : height_of(there) >= height)) continue;
    const bool nearer =
        next == nullptr || (up > 0 ? height_of(there) < height_of(*next) : height_of(there) > height_of(*next));
    if (nearer) next = &there;
  }
  return next != nullptr ? next->point : from.point().point;
}

void stretch(double& low, double& high, double factor) {
  const double middle = (low + high) / 2.0;
  const double half = (high - low) / 2.0 * factor;
  low = middle - half;
  high = middle + half;
}

void shift(double& low, double& high, int steps) {
  const double by = (high - low) * kMoveStep * steps;
  low += by;
  high += by;
}

/// Changes both ends of an axis of powers as if it were even.
template <class Change>
void on_axis(double& low, double& high, bool log, const Change& change) {
  if (!log) {
    change(low, high);
    return;
  }
  double a = std::log10(low);
  double b = std::log10(high);
  change(a, b);
  low = std::pow(10.0, a);
  high = std::pow(10.0, b);
}

}  // namespace

PointPtr point_beside(const SeriesSet& set, std::optional<std::int64_t> selected, int right, int up) {
  const std::optional<Place> from = place_of(set, selected);
  if (!from) return first_point(set);
  if (up != 0) return next_above(set, *from, up);
  const auto last = static_cast<std::ptrdiff_t>(from->line->points.size()) - 1;
  const auto to = std::clamp<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(from->index) + right, 0, last);
  const PointPtr& there = from->line->points[static_cast<std::size_t>(to)].point;
  return there ? there : from->point().point;
}

PlotSpan zoomed(const PlotSpan& span, int steps, bool log_y) {
  PlotSpan next = span;
  const double factor = std::pow(kZoomStep, -steps);
  const auto change = [factor](double& low, double& high) { stretch(low, high, factor); };
  change(next.left, next.right);
  on_axis(next.bottom, next.top, log_y, change);
  return next;
}

PlotSpan moved(const PlotSpan& span, int right, int up, bool log_y) {
  PlotSpan next = span;
  shift(next.left, next.right, right);
  on_axis(next.bottom, next.top, log_y, [up](double& low, double& high) { shift(low, high, up); });
  return next;
}

}  // namespace knobscope::gui
