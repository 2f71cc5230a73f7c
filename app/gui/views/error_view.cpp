#include "gui/views/error_view.h"

#include <algorithm>
#include <array>

#include "gui/views/axis_chooser.h"
#include "gui/views/tolerance_line.h"
#include "gui/widgets/format_number.h"
#include "gui/widgets/panel.h"
#include "gui/widgets/segmented.h"

namespace knobscope::gui {
namespace {

std::string error_label(double value) { return format_error(value); }

}  // namespace

void ErrorView::draw(ViewContext& context) {
  panel_note(context.theme, "against a double-precision reference");
  const std::array<std::string, 2> quantities = {"max abs", "relative L2"};
  const float width = segmented_width(context.theme, quantities);
  axis_chooser(context, "error axis", width + context.theme.px(16.0F));
  ImGui::SameLine(std::max(ImGui::GetContentRegionMax().x - width, ImGui::GetCursorPosX()));
  segmented(context.theme, "error quantity", quantities, quantity_);

  const Quantity quantity = quantity_ == 0 ? Quantity::max_abs_error : Quantity::relative_l2_error;
  const SeriesSet set = make_series(context.snapshot, context.state, context.state.x_axis, quantity);
  if (set.empty() || context.state.plan.types.empty()) {
    const bool timed = is_timed(device_kind_of(context.snapshot, context.state.plan.device));
    empty_state(
        context.theme, "No output has been checked for these settings yet",
        timed ? "Every point is checked before it is timed." : "Every point is played, then its output is checked.");
    return;
  }
  LinePlotStyle style;
  style.log_y = true;
  style.format_y = error_label;
  style.x_title = axis_title(context.state.x_axis);
  style.floor_label = "exact";
  const std::array<ReferenceLine, 1> references = {tolerance_line(set, context.state, quantity, context.theme)};
  const LinePlotResult result =
      plot_.draw("##error", set, references, std::nullopt, context.state.selected_point, style, context.theme);
  if (result.hovered) point_tip(context.theme, *result.hovered);
  if (result.clicked) select_point(context.state, *result.clicked);
}

}  // namespace knobscope::gui
