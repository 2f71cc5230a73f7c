#include "gui/views/roofline_lens.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "gui/views/lenses.h"
#include "gui/views/roofline.h"
#include "gui/widgets/format_number.h"
#include "gui/widgets/panel.h"

namespace knobscope::gui {
namespace {

/// Every other piece of a curve is drawn, so many make dashes of a fitting length.
constexpr int kPieces = 240;

ReferenceCurve curve_of(const Roofline& roofline, const Roof& roof, const ImVec4& color) {
  ReferenceCurve curve;
  curve.color = color;
  curve.label = fmt::format("{} {}", roof.kind, format_rate(roof.bandwidth));
  curve.label += roof.size ? fmt::format(", {}", format_bytes(roof.size)) : std::string(", large");
  const double first = roofline.set.position_of(roofline.left);
  const double last = roofline.set.position_of(roofline.right);
  for (int i = 0; i <= kPieces; ++i) {
    const double position = first + (last - first) * i / kPieces;
    curve.corners.push_back({position, roofline.height(roof, std::exp2(position)), {}});
  }
  return curve;
}

std::string note_of(const Roofline& roofline) {
  std::string note = "all knobs tried · bytes as modelled";
  if (roofline.counted > 0)
    note += fmt::format(", {} counted", format_count(static_cast<std::int64_t>(roofline.counted)));
  if (roofline.without > 0)
    note += fmt::format(" · {} without time", format_count(static_cast<std::int64_t>(roofline.without)));
  return note;
}

/// What the place is made of, for the card of a point.
std::string place_in_words(const Point& point) {
  const auto place = roofline_place(point);
  if (!place) return {};
  return fmt::format("{} · {} · {} operations an element, {} {}", format_value(place->intensity, 3, "FLOP/B"),
                     format_operations_rate(place->rate),
                     format_value(operations_per_element(point.request.problem), 3), format_bytes(place->traffic),
                     place->is_counted ? "counted" : "moved by the model");
}

}  // namespace

void RooflineLens::draw(ViewContext& context) {
  const Theme& theme = context.theme;
  const Roofline& roofline = roofline_.of(inputs_of_all_knobs(context), [&context] {
    return make_roofline(context.snapshot, context.state, &context.index);
  });
  ImGui::NewLine();  // the tabs leave the line open
  if (roofline.set.empty()) {
    empty_plot(context);
    return;
  }
  panel_note(theme, note_of(roofline));
  const std::array<ImVec4, 3> colors = {theme.text, theme.value, theme.quiet};
  std::vector<ReferenceCurve> curves;
  for (const Roof& roof : roofline.roofs) {
    curves.push_back(curve_of(roofline, roof, colors[std::min(curves.size(), colors.size() - 1)]));
  }
  std::vector<ReferenceLine> references;
  if (roofline.peak) {
    references.push_back({*roofline.peak,
                          fmt::format("FP32 peak in theory {} at {}", format_operations_rate(roofline.peak),
                                      format_whole(*roofline.clock_mhz, "MHz")),
                          theme.text});
  }
  LinePlotStyle style;
  style.format_y = format_operations_tick;
  style.x_title = "arithmetic intensity";
  style.y_title = "operations";
  style.joined = false;
  style.curves = curves;
  style.curve_list = true;
  style.labels_inside = true;
  const LinePlotResult result =
      plot_.draw("##roofline", roofline.set, references, std::nullopt, context.state.selected_point, style, theme);
  if (result.hovered) plot_tip(theme, result, place_in_words(*result.hovered));
  if (result.clicked) select_point(context.state, *result.clicked);
}

}  // namespace knobscope::gui
