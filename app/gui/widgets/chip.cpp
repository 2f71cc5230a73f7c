#include "gui/widgets/chip.h"

#include <cmath>

#include <imgui_internal.h>

#include "gui/widgets/panel.h"
#include "gui/widgets/segmented.h"

namespace knobscope::gui {
namespace {

constexpr float kPadX = 8.0F;
constexpr float kPadY = 4.0F;
constexpr float kGap = 4.0F;

struct ButtonColors {
  ImVec4 ground;
  ImVec4 hovered;
  ImVec4 ink;
  ImVec4 border;
};

ImVec4 mixed(const ImVec4& a, const ImVec4& b, float t) {
  return {a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t, a.z + (b.z - a.z) * t, a.w + (b.w - a.w) * t};
}

ButtonColors colors_of(const Theme& theme, ButtonKind kind) {
  switch (kind) {
    case ButtonKind::primary:
      return {theme.accent, mixed(theme.accent, theme.strong, 0.2F), theme.on_accent, {}};
    case ButtonKind::quiet:
      return {{}, theme.raised, theme.quiet, {}};
    case ButtonKind::plain:
      break;
  }
  return {theme.raised, mixed(theme.raised, theme.strong, 0.08F), theme.text, theme.line};
}

}  // namespace

void begin_chips(const Theme& theme) {
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2{theme.px(kGap), theme.px(kGap)});
  ImGui::BeginGroup();
}

void chip(const Theme& theme, std::string_view label, std::string_view value, const Tint* tint) {
  const float label_width = text_width(theme.fonts.words, text_size::small, label);
  const float value_width = text_width(theme.fonts.strong, text_size::small, value);
  const float gap = label.empty() || value.empty() ? 0.0F : theme.px(4.0F);
  ImGui::PushFont(theme.fonts.words, text_size::small);
  const float line = ImGui::GetTextLineHeight();
  ImGui::PopFont();
  const ImVec2 size = {std::ceil(label_width + gap + value_width + theme.px(kPadX) * 2.0F),
                       line + theme.px(kPadY) * 2.0F};

  // Flow: stay on the line while there is room. The first chip has nothing to stay beside.
  const ImGuiWindow* window = ImGui::GetCurrentWindow();
  const ImVec2 group = ImGui::GetCurrentContext()->GroupStack.back().BackupCursorPos;
  const bool first = window->DC.CursorPos.y <= group.y;
  if (!first) {
    const float right = ImGui::GetWindowPos().x + ImGui::GetWindowContentRegionMax().x;
    ImGui::SameLine(0.0F, theme.px(kGap));
    if (ImGui::GetCursorScreenPos().x + size.x > right) ImGui::NewLine();
  }

  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddRectFilled(at, {at.x + size.x, at.y + size.y}, packed(tint != nullptr ? tint->ground : theme.raised),
                      theme.px(corner::control));
  const ImVec2 text_at = {at.x + theme.px(kPadX), at.y + theme.px(kPadY)};
  const float scaled = text_size::small * theme.scale;
  list->AddText(theme.fonts.words, scaled, text_at, packed(tint != nullptr ? tint->ink : theme.quiet), label.data(),
                label.data() + label.size());
  list->AddText(theme.fonts.strong, scaled, {text_at.x + label_width + gap, text_at.y},
                packed(tint != nullptr ? tint->ink : theme.strong), value.data(), value.data() + value.size());
  ImGui::Dummy(size);
}

void end_chips() {
  ImGui::EndGroup();
  ImGui::PopStyleVar();
}

float button_width(const Theme& theme, std::string_view label, std::string_view key) {
  float width = text_width(theme.fonts.strong, text_size::body, label) + theme.px(12.0F) * 2.0F;
  if (!key.empty()) width += theme.px(8.0F) + text_width(theme.fonts.words, text_size::caption, key) + theme.px(8.0F);
  return std::ceil(width);
}

bool button(const Theme& theme, const char* id, std::string_view label, std::string_view key, ButtonKind kind,
            bool enabled) {
  const ImVec2 size = {button_width(theme, label, key), control_height(theme)};
  const ImVec2 at = ImGui::GetCursorScreenPos();
  // Whoever has pressed it last with a key goes on from here, even where there is nothing left to press.
  const bool keeps_keys = ImGui::GetIO().NavVisible && ImGui::GetFocusID() == ImGui::GetID(id);
  ImGui::BeginDisabled(!enabled && !keeps_keys);
  const bool pressed = ImGui::InvisibleButton(id, size, ImGuiButtonFlags_EnableNav);
  const bool hovered = ImGui::IsItemHovered();
  const bool held = ImGui::IsItemActive();
  ImGui::EndDisabled();

  const ButtonColors colors = colors_of(theme, enabled ? kind : ButtonKind::plain);
  ImDrawList* list = ImGui::GetWindowDrawList();
  const ImVec2 end = {at.x + size.x, at.y + size.y};
  const float rounding = theme.px(corner::control);
  const float alpha = enabled ? 1.0F : 0.5F;
  list->AddRectFilled(at, end, packed(hovered && !held ? colors.hovered : colors.ground, alpha), rounding);
  if (colors.border.w > 0.0F) list->AddRect(at, end, packed(colors.border, alpha), rounding);

  float x = at.x + theme.px(12.0F);
  const float scaled = text_size::body * theme.scale;
  list->AddText(theme.fonts.strong, scaled, {x, std::floor(at.y + (size.y - scaled) * 0.5F)}, packed(colors.ink, alpha),
                label.data(), label.data() + label.size());
  if (!key.empty()) {
    x += text_width(theme.fonts.strong, text_size::body, label) + theme.px(8.0F);
    const float key_size = text_size::caption * theme.scale;
    const float key_width = text_width(theme.fonts.words, text_size::caption, key);
    const ImVec2 key_at = {x, std::floor(at.y + (size.y - key_size) * 0.5F)};
    list->AddRectFilled({key_at.x, key_at.y - theme.px(2.0F)},
                        {key_at.x + key_width + theme.px(8.0F), key_at.y + key_size + theme.px(2.0F)},
                        packed(colors.ink, 0.16F * alpha), theme.px(4.0F));
    list->AddText(theme.fonts.words, key_size, {key_at.x + theme.px(4.0F), key_at.y}, packed(colors.ink, alpha),
                  key.data(), key.data() + key.size());
  }
  return pressed && enabled;
}

}  // namespace knobscope::gui
