#include "gui/widgets/segmented.h"

#include <algorithm>
#include <cmath>

#include "gui/widgets/panel.h"

namespace knobscope::gui {
namespace {

constexpr float kPadX = 12.0F;
constexpr float kInset = 2.0F;

}  // namespace

float control_height(const Theme& theme) { return theme.px(28.0F); }

float segmented_width(const Theme& theme, std::span<const std::string> labels) {
  float width = theme.px(kInset) * 2.0F;
  for (const std::string& label : labels) {
    width += std::ceil(text_width(theme.fonts.words, text_size::body, label)) + theme.px(kPadX) * 2.0F;
  }
  return width;
}

bool segmented(const Theme& theme, const char* id, std::span<const std::string> labels, int& selected, float width,
               std::span<const bool> enabled) {
  if (labels.empty()) return false;
  const float natural = segmented_width(theme, labels);
  const float room = ImGui::GetContentRegionAvail().x;
  const bool equal = width > 0.0F || natural > room;
  const float whole = width > 0.0F ? width : std::min(natural, room);
  const float inset = theme.px(kInset);
  const float height = control_height(theme);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddRectFilled(at, {at.x + whole, at.y + height}, packed(theme.sunken), theme.px(corner::control));
  list->AddRect(at, {at.x + whole, at.y + height}, packed(theme.faint_line), theme.px(corner::control));

  ImGui::PushID(id);
  ImGui::BeginGroup();
  bool changed = false;
  float x = at.x + inset;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::string& label = labels[i];
    const float share = (whole - inset * 2.0F) / static_cast<float>(labels.size());
    const float segment =
        equal ? share : std::ceil(text_width(theme.fonts.words, text_size::body, label)) + theme.px(kPadX) * 2.0F;
    const bool allowed = i >= enabled.size() || enabled[i];
    const bool chosen = static_cast<int>(i) == selected;
    ImGui::SetCursorScreenPos({x, at.y});
    ImGui::BeginDisabled(!allowed);
    if (ImGui::InvisibleButton(label.c_str(), {std::max(segment, 1.0F), height}) && !chosen) {
      selected = static_cast<int>(i);
      changed = true;
    }
    const bool hovered = ImGui::IsItemHovered();
    ImGui::EndDisabled();
    const ImVec2 top = {x, at.y + inset};
    const ImVec2 end = {x + segment, at.y + height - inset};
    if (chosen) {
      list->AddRectFilled(top, end, packed(theme.name == ThemeName::dark ? theme.line : theme.panel),
                          theme.px(corner::control - 1.0F));
      if (theme.name == ThemeName::light) list->AddRect(top, end, packed(theme.line), theme.px(corner::control - 1.0F));
    } else if (hovered) {
      list->AddRectFilled(top, end, packed(theme.raised), theme.px(corner::control - 1.0F));
    }
    const std::string shown = shortened(theme.fonts.words, text_size::body, label, segment - theme.px(8.0F));
    const float text_wide = text_width(theme.fonts.words, text_size::body, shown);
    const float scaled = text_size::body * theme.scale;
    const ImVec4& ink = chosen ? theme.strong : (hovered ? theme.text : theme.quiet);
    list->AddText(theme.fonts.words, scaled,
                  {std::floor(x + (segment - text_wide) * 0.5F), std::floor(at.y + (height - scaled) * 0.5F)},
                  packed(ink, allowed ? 1.0F : 0.45F), shown.c_str());
    x += segment;
  }
  ImGui::SetCursorScreenPos(at);
  ImGui::Dummy({whole, height});
  ImGui::EndGroup();
  ImGui::PopID();
  return changed;
}

}  // namespace knobscope::gui
