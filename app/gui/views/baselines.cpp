#include "gui/views/baselines.h"

#include <algorithm>

#include "gui/views/point_index.h"
#include "gui/views/series.h"

namespace knobscope::gui {
namespace {

constexpr std::string_view kEager = "baseline/pytorch_eager";

std::string name_of_device(const ViewContext& context) {
  const DeviceFacts* device = context.snapshot.device(context.state.plan.device);
  return device != nullptr ? device->name : std::string();
}

/// The same but for seed and epsilon: no time hangs on them.
bool same_problem(const Problem& a, const Problem& b) {
  return a.operation == b.operation && a.type == b.type && a.normalized_dims == b.normalized_dims &&
         a.layout == b.layout && a.activation == b.activation && a.distribution == b.distribution && a.shape == b.shape;
}

bool is_for(const Point& point, const Problem& problem, const std::string& device) {
  return point.environment.device_name == device && same_problem(point.request.problem, problem);
}

}  // namespace

std::vector<PointPtr> baselines_for(const ViewContext& context, const Problem& problem) {
  std::vector<PointPtr> found;
  const std::string device = name_of_device(context);
  for (auto it = context.baselines.rbegin(); it != context.baselines.rend(); ++it) {
    if (!is_for(**it, problem, device)) continue;
    const bool known = std::ranges::any_of(
        found, [&](const PointPtr& each) { return each->request.variant == (*it)->request.variant; });
    if (!known) found.push_back(*it);
  }
  std::ranges::sort(found, {}, [](const PointPtr& point) { return point->request.variant; });
  return found;
}

PointPtr baseline_of(const ViewContext& context, const Point& point) {
  if (context.state.baseline_point) return find_point(context.snapshot, *context.state.baseline_point, &context.index);
  const std::vector<PointPtr> baselines = baselines_for(context, point.request.problem);
  const auto eager = std::ranges::find(baselines, kEager, [](const PointPtr& each) { return each->request.variant; });
  return eager == baselines.end() ? nullptr : *eager;
}

}  // namespace knobscope::gui
