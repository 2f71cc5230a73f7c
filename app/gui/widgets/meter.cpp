#include "gui/widgets/meter.h"

#include <algorithm>

namespace knobscope::gui {

void draw_meter(ImDrawList* list, const Theme& theme, ImVec2 top_left, ImVec2 size, std::optional<double> fraction,
                const ImVec4& color) {
  const float rounding = size.y * 0.5F;
  list->AddRectFilled(top_left, {top_left.x + size.x, top_left.y + size.y}, packed(theme.line), rounding);
  if (!fraction) return;
  const auto share = static_cast<float>(std::clamp(*fraction, 0.0, 1.0));
  if (share <= 0.0F) return;
  // Never thinner than its own height, so that a small share is still seen.
  const float width = std::max(size.x * share, std::min(size.y, size.x));
  list->AddRectFilled(top_left, {top_left.x + width, top_left.y + size.y}, packed(color), rounding);
}

void meter(const Theme& theme, std::optional<double> fraction, const ImVec4& color, ImVec2 size) {
  draw_meter(ImGui::GetWindowDrawList(), theme, ImGui::GetCursorScreenPos(), size, fraction, color);
  ImGui::Dummy(size);
}

}  // namespace knobscope::gui
