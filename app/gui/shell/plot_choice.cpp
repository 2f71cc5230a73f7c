#include "gui/shell/plot_choice.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/nearest.h"
#include "gui/shell/interface.h"
#include "gui/views/heat_cells.h"
#include "gui/views/lenses.h"
#include "gui/views/plot_scale.h"
#include "gui/views/series.h"

namespace knobscope::gui {
namespace {

/// "--lens: there is no lens 'line'. Did you mean 'lines'? There are: lines, error."
std::string unknown(std::string_view flag, std::string_view what, std::string_view name,
                    const std::vector<std::string>& known) {
  return fmt::format("{}: there is no {} '{}'.{} There are: {}.", flag, what, name, did_you_mean(name, known),
                     fmt::join(known, ", "));
}

template <class Facts>
std::vector<std::string> ids_of(const Facts& all) {
  std::vector<std::string> ids;
  for (const auto& each : all) ids.push_back(each.id);
  return ids;
}

std::optional<std::string> axis_fault(std::string_view flag, const std::string& axis,
                                      const std::vector<std::string>& axes) {
  if (axis.empty() || std::ranges::find(axes, axis) != axes.end()) return std::nullopt;
  return unknown(flag, "axis", axis, axes);
}

std::string no_point(std::string_view flag, std::int64_t id) {
  return fmt::format("{}: there is no point {}; `knobscope show SESSION --json -` lists them by their id", flag, id);
}

/// Points first: the one that is selected says of what problem the axes are.
std::optional<std::string> choose_points(const PlotChoice& choice, const Snapshot& snapshot, ViewState& state) {
  if (choice.point) {
    const PointPtr point = find_point(snapshot, *choice.point);
    if (!point) return no_point("--point", *choice.point);
    select_point(state, *point);
  }
  if (choice.baseline) {
    if (!find_point(snapshot, *choice.baseline)) return no_point("--baseline", *choice.baseline);
    state.baseline_point = choice.baseline;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> find_fault(const PlotChoice& choice) {
  if (!choice.lens.empty() && lens_named(choice.lens) == nullptr) {
    return unknown("--lens", "lens", choice.lens, ids_of(lenses()));
  }
  if (!choice.quantity.empty() && speed_scale_named(choice.quantity) == nullptr) {
    return unknown("--quantity", "quantity", choice.quantity, ids_of(speed_scales()));
  }
  if (!choice.heat_axes.empty() && (choice.heat_axes.size() != 2 || choice.heat_axes[0] == choice.heat_axes[1])) {
    return "--heat-axes: two different axes are wanted, such as columns,rows";
  }
  return std::nullopt;
}

std::optional<std::string> apply(const PlotChoice& choice, const Snapshot& snapshot, Interface& interface) {
  ViewState& state = interface.state();
  if (const auto fault = choose_points(choice, snapshot, state)) return fault;
  if (const auto fault = axis_fault("--x", choice.x_axis, available_axes(snapshot, state))) return fault;
  if (!choice.x_axis.empty()) state.x_axis = choice.x_axis;
  if (!choice.heat_axes.empty()) {
    const std::vector<std::string> axes = heat_axes(snapshot, state);
    for (const std::string& axis : choice.heat_axes) {
      if (const auto fault = axis_fault("--heat-axes", axis, axes)) return fault;
    }
    state.heat_x = choice.heat_axes[0];
    state.heat_y = choice.heat_axes[1];
  }
  if (const QuantityScale* scale = speed_scale_named(choice.quantity)) state.quantity = scale->quantity;
  if (choice.compare) {
    if (!interface.compare_with(*choice.compare)) return interface.notice();
    state.lens = Lens::compare;
  }
  if (const LensFacts* lens = lens_named(choice.lens)) state.lens = lens->lens;
  return std::nullopt;
}

}  // namespace knobscope::gui
