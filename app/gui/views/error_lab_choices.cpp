#include "gui/views/error_lab_choices.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "gui/views/action_list.h"
#include "gui/views/series.h"
#include "gui/views/view.h"

namespace knobscope::gui {
namespace {

/// The point whose errors are shown; null when there is nothing to look at.
PointPtr point_of(const ViewContext& context) {
  const PointPtr point = focused_point(context.snapshot, context.state, &context.index);
  return point && point->error && point->error->main() != nullptr ? point : nullptr;
}

void list_planes(ErrorLab& lab, const Problem& problem, bool closely, ActionList& actions) {
  for (const Plane& plane : planes_of(lab, problem)) {
    actions.add("plane " + plane.title, when(closely, [&lab, plane] { show_plane(lab, plane); }), is_shown(lab, plane));
  }
  const std::vector<TensorDim> dims = dims_of(problem, output_in(lab, problem));
  if (!lab.slice || lab.slice->at.size() != dims.size()) return;
  for (std::size_t dim = 0; dim < dims.size(); ++dim) {
    const auto number = static_cast<int>(dim);
    if (number == lab.slice->row_dim || number == lab.slice->column_dim) continue;
    const std::int64_t at = lab.slice->at[dim];
    const auto step = [&lab, dim](std::int64_t to) { return [&lab, dim, to] { lab.slice->at[dim] = to; }; };
    actions.add(fmt::format("next {}, now {}", dims[dim].name, at), when(at + 1 < dims[dim].extent, step(at + 1)));
    actions.add(fmt::format("previous {}, now {}", dims[dim].name, at), when(at > 0, step(at - 1)));
    actions.add(fmt::format("last {}", dims[dim].name), step(dims[dim].extent - 1));
  }
}

void list_beside(const ViewContext& context, const Point& point, bool closely, ActionList& actions) {
  ErrorLab& lab = context.state.error_lab;
  if (closely) {
    for (const PointPtr& other : points_beside(context.snapshot, context.state, point)) {
      const std::string& id = other->request.variant;
      actions.add(
          "beside " + other->variant_title, [&lab, id] { show_beside(lab, id); }, lab.beside == id);
    }
  }
  actions.add(
      "no second map", [&lab] { show_beside(lab, {}); }, lab.beside.empty());
}

void list_looks(ErrorLab& lab, const TensorView* view, ActionList& actions) {
  const auto look = [&lab, view](auto change) {
    return when(view != nullptr, [&lab, change, seen = view != nullptr ? *view : TensorView{}] {
      lab.window = change(lab.window, seen);
      lab.closely = true;
    });
  };
  const auto zoom = [&look](int steps) {
    return look([steps](const ErrorWindow& window, const TensorView& seen) { return zoomed_in(window, seen, steps); });
  };
  const auto move = [&look](int down, int right) {
    return look([=](const ErrorWindow& window, const TensorView& seen) { return stepped(window, seen, down, right); });
  };
  actions.add("look closely", when(view != nullptr, [&lab] { lab.closely = true; }), lab.closely);
  actions.add("zoom in", zoom(2), false, "+");
  actions.add("zoom out", zoom(-2), false, "−");
  actions.add("move up", move(-2, 0), false, "↑");
  actions.add("move down", move(2, 0), false, "↓");
  actions.add("move left", move(0, -2), false, "←");
  actions.add("move right", move(0, 2), false, "→");
}

}  // namespace

std::string title_of(ErrorMeasure measure) {
  switch (measure) {
    case ErrorMeasure::absolute:
      return "|error|";
    case ErrorMeasure::tolerance:
      return "of tolerance";
    case ErrorMeasure::ulp:
      return "ULP";
  }
  return {};
}

std::vector<Plane> planes_of(const ErrorLab& lab, const Problem& problem) {
  const std::vector<TensorDim> dims = dims_of(problem, output_in(lab, problem));
  if (dims.size() < 3) return {};
  std::vector<Plane> planes = {{"rows × columns", std::nullopt}};
  for (std::size_t row = 0; row < dims.size(); ++row) {
    for (std::size_t column = row + 1; column < dims.size(); ++column) {
      const Slice slice{static_cast<int>(row), static_cast<int>(column), std::vector<std::int64_t>(dims.size(), 0)};
      planes.push_back({fmt::format("{} × {}", dims[row].name, dims[column].name), slice});
    }
  }
  return planes;
}

bool is_shown(const ErrorLab& lab, const Plane& plane) {
  if (!lab.slice || !plane.slice) return !lab.slice && !plane.slice;
  return lab.slice->row_dim == plane.slice->row_dim && lab.slice->column_dim == plane.slice->column_dim;
}

void show_output(ErrorLab& lab, const std::string& name) {
  if (lab.output == name) return;
  lab.output = name;
  lab.closely = true;
  lab.slice.reset();
  show_all(lab);
}

void show_measure(ErrorLab& lab, ErrorMeasure measure) {
  lab.measure = measure;
  lab.closely = lab.closely || measure != ErrorMeasure::absolute;
}

void show_plane(ErrorLab& lab, const Plane& plane) {
  std::optional<Slice> next = plane.slice;
  if (next && lab.slice) next->at = lab.slice->at;
  lab.slice = std::move(next);
  lab.closely = true;
  lab.window = {};
}

void show_beside(ErrorLab& lab, const std::string& variant) {
  lab.beside = variant;
  lab.closely = lab.closely || !variant.empty();
}

void show_all(ErrorLab& lab) {
  lab.window = {};
  lab.marked.reset();
}

bool go_to_first_bad(ErrorLab& lab, const Point& point) {
  const OutputError* stored = stored_error(lab, point);
  if (stored == nullptr || !stored->first_bad) return false;
  go_to(lab, point.request.problem, *stored->first_bad);
  return true;
}

ErrorWindow zoomed_in(const ErrorWindow& window, const TensorView& view, int steps) {
  const ErrorWindow now = settled(window, view);
  return zoomed(now, view, std::pow(kZoomStep, -steps), now.row + now.rows / 2.0, now.column + now.columns / 2.0);
}

ErrorWindow stepped(const ErrorWindow& window, const TensorView& view, int down, int right) {
  const ErrorWindow now = settled(window, view);
  return moved(now, view, down * std::max(now.rows * kMoveStep, 1.0), right * std::max(now.columns * kMoveStep, 1.0));
}

void list_error_lab(ViewContext& context, ActionList& actions) {
  ErrorLab& lab = context.state.error_lab;
  const PointPtr point = point_of(context);
  if (point) follow(lab, point->request.problem);
  const bool closely = point && !why_not_closely(context.snapshot, context.state, *point);
  if (point) {
    const std::string_view now = output_in(lab, point->request.problem).name;
    for (const OutputError& output : point->error->outputs) {
      actions.add("output " + output.output, when(closely, [&lab, name = output.output] { show_output(lab, name); }),
                  output.output == now);
    }
    list_planes(lab, point->request.problem, closely, actions);
    list_beside(context, *point, closely, actions);
  }
  for (const ErrorMeasure measure : kErrorMeasures) {
    actions.add("tiles show " + title_of(measure), when(closely, [&lab, measure] { show_measure(lab, measure); }),
                lab.measure == measure);
  }
  const OutputError* stored = point ? stored_error(lab, *point) : nullptr;
  actions.add("go to the first bad element",
              when(closely && stored != nullptr && stored->first_bad, [&lab, point] { go_to_first_bad(lab, *point); }));
  const std::optional<TensorView> view = closely ? std::optional(view_in(lab, point->request.problem)) : std::nullopt;
  list_looks(lab, view ? &*view : nullptr, actions);
  actions.add("all of it", when(lab.window != ErrorWindow{}, [&lab] { show_all(lab); }), false, "Home");
  actions.add(lab.large ? "back to its place" : "large", when(point != nullptr, [&lab] { lab.large = !lab.large; }),
              false, lab.large ? "Esc" : "");
}

}  // namespace knobscope::gui
