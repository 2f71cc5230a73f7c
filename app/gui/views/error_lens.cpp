#include "gui/views/error_lens.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "gui/views/axis_chooser.h"
#include "gui/views/error_chooser.h"
#include "gui/views/plot_scale.h"
#include "gui/views/tolerance_line.h"
#include "gui/widgets/panel.h"

namespace knobscope::gui {
namespace {

constexpr double kUnitRoundoff = 0x1p-24;  // of f32
constexpr int kSteps = 64;

}  // namespace

std::vector<ReferenceCurve> rounding_bounds(const SeriesSet& set, std::string_view axis, const Theme& theme) {
  if (axis != "offset" || set.ticks.size() < 2) return {};
  double most = 0.0;
  for (const Series& line : set.lines) {
    for (const SeriesPoint& point : line.points) most = std::max(most, point.x);
  }
  ReferenceCurve mean{{}, "mean in f32: u · offset", theme.quiet};
  ReferenceCurve squares{{}, "sums of squares: u · (1 + offset²) / 2", theme.noisy.ink};
  for (int step = 0; step <= kSteps; ++step) {
    const double x = std::pow(1.0 + most, static_cast<double>(step) / kSteps) - 1.0;
    if (x > 0.0) mean.corners.push_back({set.position_of(x), kUnitRoundoff * x, {}});
    squares.corners.push_back({set.position_of(x), kUnitRoundoff * (1.0 + x * x) * 0.5, {}});
  }
  return {std::move(mean), std::move(squares)};
}

void ErrorLens::draw(ViewContext& context) {
  panel_note(context.theme, "against a double-precision reference");
  axis_chooser(context, "error axis", error_chooser_width(context.theme) + context.theme.px(16.0F));
  const Quantity quantity = error_chooser(context, "error quantity", quantity_);
  Inputs inputs = inputs_of(context);
  inputs.quantity = quantity;
  const SeriesSet& set = set_.of(std::move(inputs), [&context, quantity] {
    SeriesOptions options;
    options.index = &context.index;
    return make_series(context.snapshot, context.state, context.state.x_axis, quantity, options);
  });
  if (set.empty() || context.state.plan.types.empty()) {
    const bool timed = is_timed(device_kind_of(context.snapshot, context.state.plan.device));
    empty_state(
        context.theme, "No output has been checked for these settings yet",
        timed ? "Every point is checked before it is timed." : "Every point is played, then its output is checked.");
    return;
  }
  const std::vector<ReferenceCurve> curves = rounding_bounds(set, context.state.x_axis, context.theme);
  LinePlotStyle style;
  style.log_y = true;
  style.format_y = scale_of(quantity).tick;
  style.x_title = axis_title(context.state.x_axis);
  style.y_title = scale_of(quantity).title;
  style.floor_label = "exact";
  style.curves = curves;
  const std::array<ReferenceLine, 1> references = {tolerance_line(set, context.state, quantity, context.theme)};
  const LinePlotResult result =
      plot_.draw("##error", set, references, std::nullopt, context.state.selected_point, style, context.theme);
  plot_tip(context.theme, result);
  if (result.clicked) select_point(context.state, *result.clicked);
}

}  // namespace knobscope::gui
