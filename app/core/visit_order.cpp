#include "core/visit_order.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace knobscope {
namespace {

/// The values that one axis takes somewhere, ascending, each with its step.
using Axis = std::map<double, int>;

void number(Axis& axis) {
  const std::vector<int> steps = halving_steps(axis.size());
  std::size_t at = 0;
  for (auto& [value, step] : axis) step = steps[at++];
}

/// Calls `visit(axis, value)` for each axis that a point lies on. Knobs are a variant's own, since variants allow other
/// values.
template <class Visit>
void for_each_axis(const PointRequest& point, Visit visit) {
  const Problem& problem = point.problem;
  for (std::size_t i = 0; i < problem.shape.size(); ++i) {
    visit("shape " + std::to_string(problem.shape.size()) + " " + std::to_string(i),
          static_cast<double>(problem.shape[i]));
  }
  if (problem.distribution.kind == DistributionKind::offset) visit("offset", problem.distribution.offset);
  for (const auto& [name, value] : point.knobs) {
    visit("knob " + point.variant + " " + name, static_cast<double>(value));
  }
}

}  // namespace

std::vector<int> halving_steps(std::size_t count) {
  std::vector<int> steps(count, 0);
  struct Part {
    std::size_t low;
    std::size_t high;
    int step;
  };
  std::vector<Part> parts;
  if (count > 2) parts.push_back({0, count - 1, 1});
  while (!parts.empty()) {
    const Part part = parts.back();
    parts.pop_back();
    const std::size_t middle = (part.low + part.high) / 2;
    steps[middle] = part.step;
    if (middle - part.low > 1) parts.push_back({part.low, middle, part.step + 1});
    if (part.high - middle > 1) parts.push_back({middle, part.high, part.step + 1});
  }
  return steps;
}

std::vector<PointRequest> coarse_to_fine(std::vector<PointRequest> points) {
  std::map<std::string, Axis> axes;
  for (const PointRequest& point : points) {
    for_each_axis(point, [&axes](const std::string& name, double value) { axes[name].emplace(value, 0); });
  }
  for (auto& [name, axis] : axes) number(axis);
  std::vector<std::pair<int, PointRequest>> stepped;
  stepped.reserve(points.size());
  for (PointRequest& point : points) {
    int latest = 0;
    for_each_axis(point, [&](const std::string& name, double value) {
      latest = std::max(latest, axes.find(name)->second.find(value)->second);
    });
    stepped.emplace_back(latest, std::move(point));
  }
  std::ranges::stable_sort(stepped, {}, &std::pair<int, PointRequest>::first);
  points.clear();
  for (auto& [step, point] : stepped) points.push_back(std::move(point));
  return points;
}

}  // namespace knobscope
