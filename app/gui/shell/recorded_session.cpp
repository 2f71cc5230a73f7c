#include "gui/shell/recorded_session.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

namespace knobscope::gui {
namespace {

/// Two points of the same plot share everything but variant and knobs.
bool same_problem(const Point& a, const Point& b) {
  return a.request.device == b.request.device && a.request.problem == b.request.problem;
}

/// The point whose problem most points share; of several the first.
const Point& most_typical(const std::vector<PointPtr>& points) {
  struct Group {
    std::size_t first = 0;
    std::size_t count = 0;
  };
  // By shape first: a session may have a hundred thousand points on hundreds of problems.
  std::map<std::vector<std::int64_t>, std::vector<Group>> by_shape;
  Group best;
  for (std::size_t i = 0; i < points.size(); ++i) {
    std::vector<Group>& alike = by_shape[points[i]->request.problem.shape];
    auto same =
        std::ranges::find_if(alike, [&](const Group& group) { return same_problem(*points[group.first], *points[i]); });
    if (same == alike.end()) same = alike.insert(alike.end(), {i, 0});
    ++same->count;
    if (same->count > best.count || (same->count == best.count && same->first < best.first)) best = *same;
  }
  return *points[best.first];
}

bool is_right(Verdict verdict) {
  return verdict == Verdict::pass || verdict == Verdict::noisy || verdict == Verdict::throttled;
}

/// The knob over which these points make the most lines, and among such the one with the most values; "block" when
/// there is none.
std::string widest_knob(const std::vector<PointPtr>& points) {
  std::map<std::string, std::map<std::string, std::set<std::int64_t>>> values;  // by knob, then by variant
  for (const PointPtr& point : points) {
    for (const auto& [name, value] : point->request.knobs) values[name][point->request.variant].insert(value);
  }
  std::string widest = "block";
  std::pair<std::size_t, std::size_t> most{0, 0};
  for (const auto& [name, of_variants] : values) {
    std::pair<std::size_t, std::size_t> lines{0, 0};
    for (const auto& [variant, seen] : of_variants) {
      if (seen.size() > 1) ++lines.first;
      lines.second += seen.size();
    }
    if (lines <= most) continue;
    most = lines;
    widest = name;
  }
  return widest;
}

}  // namespace

std::string provenance_of(const std::filesystem::path& file, const session::Recorded& recorded) {
  std::string text = fmt::format("Recorded session {}", file.filename().string());
  if (!recorded.devices.empty()) {
    const DeviceFacts& device = recorded.devices.front();
    text += fmt::format(" · measured on {}", device.name);
    if (!device.driver_version.empty()) {
      text += fmt::format(" · {} {}", device.kind == DeviceKind::cuda ? "driver" : "kernel", device.driver_version);
    }
    if (!device.toolkit_version.empty()) text += fmt::format(" · {}", device.toolkit_version);
  }
  // The day is enough here; every point carries its own time.
  if (recorded.created_at.size() >= 10) text += fmt::format(" · {}", recorded.created_at.substr(0, 10));
  return text;
}

ViewState state_for(const session::Recorded& recorded, const std::filesystem::path& file) {
  const Point& typical = most_typical(recorded.points);
  const PointRequest& request = typical.request;
  ViewState state;
  state.recorded = true;
  state.session_path = file.string();
  state.plan.device = request.device;
  state.plan.operation = request.problem.operation;
  state.plan.shapes = {request.problem.shape};
  state.plan.normalized_dims = request.problem.normalized_dims;
  state.plan.types = {request.problem.type};
  state.plan.distributions = {request.problem.distribution};
  state.plan.seed = request.problem.seed;
  state.plan.epsilon = request.problem.epsilon;
  state.plan.layout = request.problem.layout;
  state.plan.activation = request.problem.activation;
  state.plan.method = request.method;
  std::vector<PointPtr> shown;
  for (const PointPtr& point : recorded.points) {
    state.ticked.insert(point->request.variant);
    if (same_problem(*point, typical)) shown.push_back(point);
  }
  state.x_axis = widest_knob(shown);
  PointPtr best = shown.front();
  for (const PointPtr& point : shown) {
    const auto rate = is_right(point->verdict) ? point->bandwidth() : std::nullopt;
    const auto best_rate = is_right(best->verdict) ? best->bandwidth() : std::nullopt;
    if (rate && (!best_rate || *best_rate < *rate)) best = point;
  }
  state.knobs = best->request.knobs;
  state.selected_variant = best->request.variant;
  state.selected_point = best->request.id;
  return state;
}

DroppedKind kind_of_dropped(const std::filesystem::path& file) {
  const std::string extension = file.extension().string();
  if (extension == ".cu" || extension == ".cpp" || extension == ".py") return DroppedKind::kernel;
  if (extension == ".session" || extension == ".sqlite" || extension == ".db") return DroppedKind::session;
  return DroppedKind::other;
}

}  // namespace knobscope::gui
