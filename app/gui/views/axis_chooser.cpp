#include "gui/views/axis_chooser.h"

#include <algorithm>

#include "gui/views/point_index.h"
#include "gui/views/series.h"
#include "gui/widgets/chip.h"
#include "gui/widgets/panel.h"
#include "gui/widgets/segmented.h"

namespace knobscope::gui {

void axis_chooser(ViewContext& context, const char* id, float beside) {
  const std::vector<std::string> axes = available_axes(context.snapshot, context.state, &context.index);
  if (axes.empty()) return;
  std::vector<std::string> labels;
  labels.reserve(axes.size());
  for (const std::string& axis : axes) labels.push_back(axis_title(axis));
  const auto found = std::find(axes.begin(), axes.end(), context.state.x_axis);
  int chosen = found == axes.end() ? 0 : static_cast<int>(found - axes.begin());
  if (found == axes.end()) context.state.x_axis = axes.front();
  const std::vector<int> weights = axis_weights(context.snapshot, context.state, axes);
  SegmentedLook look;
  look.room = std::max(ImGui::GetContentRegionAvail().x - beside, context.theme.px(96.0F));
  look.weights = weights;
  if (segmented(context.theme, id, labels, chosen, look)) {
    context.state.x_axis = axes[static_cast<std::size_t>(chosen)];
  }
}

bool form_button(const Theme& theme, const char* id, const char* label, const char* tip) {
  const bool pressed = button(theme, id, label, {}, ButtonKind::quiet);
  if (ImGui::IsItemHovered()) show_tip(theme, tip);
  return pressed;
}

}  // namespace knobscope::gui
