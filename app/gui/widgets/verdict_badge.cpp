#include "gui/widgets/verdict_badge.h"

#include <cmath>
#include <string>

#include "gui/widgets/panel.h"

namespace knobscope::gui {
namespace {

constexpr float kPadX = 8.0F;
constexpr float kPadY = 2.0F;
constexpr float kGap = 4.0F;

float line_height(const Theme& theme) {
  ImGui::PushFont(theme.fonts.strong, text_size::small);
  const float height = ImGui::GetTextLineHeight();
  ImGui::PopFont();
  return height;
}

}  // namespace

ImVec2 badge_size(const Theme& theme, std::string_view mark, std::string_view words) {
  const float mark_width =
      mark.empty() ? 0.0F : text_width(theme.fonts.figures, text_size::small, mark) + theme.px(kGap);
  return {std::ceil(mark_width + text_width(theme.fonts.strong, text_size::small, words) + theme.px(kPadX) * 2.0F),
          line_height(theme) + theme.px(kPadY) * 2.0F};
}

void draw_badge(ImDrawList* list, const Theme& theme, ImVec2 top_left, const Tint& tint, std::string_view mark,
                std::string_view words) {
  const ImVec2 size = badge_size(theme, mark, words);
  list->AddRectFilled(top_left, {top_left.x + size.x, top_left.y + size.y}, packed(tint.ground), size.y * 0.5F);
  ImVec2 at = {top_left.x + theme.px(kPadX), top_left.y + theme.px(kPadY)};
  const float scaled = text_size::small * theme.scale;
  if (!mark.empty()) {
    list->AddText(theme.fonts.figures, scaled, at, packed(tint.ink), mark.data(), mark.data() + mark.size());
    at.x += text_width(theme.fonts.figures, text_size::small, mark) + theme.px(kGap);
  }
  list->AddText(theme.fonts.strong, scaled, at, packed(tint.ink), words.data(), words.data() + words.size());
}

void badge(const Theme& theme, const Tint& tint, std::string_view mark, std::string_view words) {
  draw_badge(ImGui::GetWindowDrawList(), theme, ImGui::GetCursorScreenPos(), tint, mark, words);
  ImGui::Dummy(badge_size(theme, mark, words));
}

void verdict_badge(const Theme& theme, Verdict verdict, std::string_view detail) {
  const VerdictStyle style = theme.verdict_style(verdict);
  std::string words(style.word);
  if (!detail.empty()) words.append(" ").append(detail);
  badge(theme, style.tint, style.mark, words);
}

}  // namespace knobscope::gui
