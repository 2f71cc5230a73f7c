#include "gui/widgets/panel.h"

#include <algorithm>
#include <cfloat>
#include <optional>

#include <fmt/format.h>
#include <imgui_internal.h>

#include "gui/widgets/verdict_badge.h"

namespace knobscope::gui {
namespace {

const char* end_of(std::string_view text) { return text.data() + text.size(); }

/// Where a note may stand: the part of the title row that tabs and buttons leave free.
struct TitleRow {
  ImDrawList* list = nullptr;
  ImRect free;
  ImRect whole;
};

std::optional<TitleRow> title_row() {
  ImGuiWindow* window = ImGui::GetCurrentWindow()->RootWindow;
  // Inside a docked panel the root is the host of the whole dock space, so look for the panel itself.
  for (ImGuiWindow* at = ImGui::GetCurrentWindow(); at != nullptr; at = at->ParentWindow) {
    if (at->DockNode != nullptr || (at->Flags & ImGuiWindowFlags_ChildWindow) == 0) {
      window = at;
      break;
    }
  }
  const float margin = ImGui::GetStyle().WindowPadding.x;
  if (window->DockNode != nullptr && window->DockIsActive) {
    ImGuiDockNode* node = window->DockNode;
    ImGuiTabBar* bar = node->TabBar;
    if (bar == nullptr || node->HostWindow == nullptr || node->IsHiddenTabBar()) return std::nullopt;
    float tabs_end = bar->BarRect.Min.x;
    for (const ImGuiTabItem& tab : bar->Tabs)
      tabs_end = std::max(tabs_end, bar->BarRect.Min.x + tab.Offset + tab.Width);
    TitleRow row{node->HostWindow->DrawList, bar->BarRect, bar->BarRect};
    row.whole.Min.x = node->Pos.x;
    row.whole.Max.x = node->Pos.x + node->Size.x;
    row.free.Min.x = tabs_end + margin;
    row.free.Max.x = node->Pos.x + node->Size.x - margin;
    return row;
  }
  if ((window->Flags & ImGuiWindowFlags_NoTitleBar) != 0) return std::nullopt;
  const ImRect bar = window->TitleBarRect();
  TitleRow row{window->DrawList, bar, bar};
  row.free.Min.x += ImGui::CalcTextSize(window->Name, nullptr, true).x + margin * 2.0F;
  row.free.Max.x -= margin + (window->HasCloseButton ? bar.GetHeight() : 0.0F);
  return row;
}

}  // namespace

void panel_note(const Theme& theme, std::string_view text, bool figures) {
  const std::optional<TitleRow> row = title_row();
  if (!row || text.empty()) return;
  ImGui::PushFont(figures ? theme.fonts.figures : theme.fonts.words, text_size::small);
  std::string fitting = shortened(ImGui::GetFont(), text_size::small, text, row->free.GetWidth());
  const ImVec2 size = ImGui::CalcTextSize(fitting.c_str());
  if (fitting.size() > sizeof("…") || fitting.size() == text.size()) {
    row->list->PushClipRect(row->whole.Min, row->whole.Max);
    row->list->AddText({row->free.Max.x - size.x, std::floor((row->free.Min.y + row->free.Max.y - size.y) * 0.5F)},
                       packed(theme.quiet), fitting.c_str());
    row->list->PopClipRect();
  }
  ImGui::PopFont();
}

void panel_note(const Theme& theme, std::span<const std::string> facts, bool figures) {
  const std::optional<TitleRow> row = title_row();
  if (!row || facts.empty()) return;
  ImFont* font = figures ? theme.fonts.figures : theme.fonts.words;
  std::string note = facts.front();
  for (const std::string& fact : facts.subspan(1)) {
    const std::string longer = note + " · " + fact;
    if (text_width(font, text_size::small, longer) > row->free.GetWidth()) break;
    note = longer;
  }
  panel_note(theme, note, figures);
}

void panel_note_badge(const Theme& theme, const VerdictStyle& style, std::string_view text) {
  const std::optional<TitleRow> row = title_row();
  if (!row) return;
  const ImVec2 size = badge_size(theme, style.mark, text);
  if (size.x > row->free.GetWidth()) return;
  row->list->PushClipRect(row->whole.Min, row->whole.Max);
  draw_badge(row->list, theme,
             {row->free.Max.x - size.x, std::floor((row->free.Min.y + row->free.Max.y - size.y) * 0.5F)}, style.tint,
             style.mark, text);
  row->list->PopClipRect();
}

void field_label(const Theme& theme, std::string_view label, std::string_view note) {
  text_in(theme.fonts.words, text_size::small, theme.quiet, label);
  if (note.empty()) return;
  const float right = ImGui::GetWindowPos().x + ImGui::GetWindowContentRegionMax().x;
  ImGui::SameLine();
  text_right_in(theme.fonts.figures, text_size::small, theme.quiet, note, right);
}

void text_in(ImFont* font, float size, const ImVec4& color, std::string_view text) {
  ImGui::PushFont(font, size);
  ImGui::PushStyleColor(ImGuiCol_Text, color);
  ImGui::TextUnformatted(text.data(), end_of(text));
  ImGui::PopStyleColor();
  ImGui::PopFont();
}

void text_wrapped_in(ImFont* font, float size, const ImVec4& color, std::string_view text) {
  ImGui::PushTextWrapPos(0.0F);
  text_in(font, size, color, text);
  ImGui::PopTextWrapPos();
}

void text_right_in(ImFont* font, float size, const ImVec4& color, std::string_view text, float right_x) {
  const float width = text_width(font, size, text);
  ImGui::SetCursorScreenPos({std::floor(right_x - width), ImGui::GetCursorScreenPos().y});
  text_in(font, size, color, text);
}

float text_width(ImFont* font, float size, std::string_view text) {
  ImGui::PushFont(font, size);
  const float width = ImGui::CalcTextSize(text.data(), end_of(text)).x;
  ImGui::PopFont();
  return width;
}

std::string shortened(ImFont* font, float size, std::string_view text, float width) {
  if (text_width(font, size, text) <= width) return std::string(text);
  const float dots = text_width(font, size, "…");
  ImGui::PushFont(font, size);
  const char* remaining = nullptr;
  ImGui::GetFont()->CalcTextSizeA(ImGui::GetFontSize(), std::max(width - dots, 0.0F), 0.0F, text.data(), end_of(text),
                                  &remaining);
  ImGui::PopFont();
  std::string kept(text.data(), remaining);
  while (!kept.empty() && (kept.back() == ' ' || kept.back() == ',')) kept.pop_back();
  return kept + "…";
}

std::string shortened_between(ImFont* font, float size, std::string_view text, float width) {
  if (text_width(font, size, text) <= width) return std::string(text);
  const float room = width - text_width(font, size, "… ");
  std::string_view tail;
  for (std::size_t at = text.rfind(' '); at != std::string_view::npos && at > 0; at = text.rfind(' ', at - 1)) {
    const std::string_view longer = text.substr(at + 1);
    if (text_width(font, size, longer) > room * 0.55F) break;
    tail = longer;
  }
  if (tail.empty()) return shortened(font, size, text, width);
  const std::string_view rest = text.substr(0, text.size() - tail.size());
  std::string head = shortened(font, size, rest, room - text_width(font, size, tail) + text_width(font, size, "…"));
  if (head.ends_with("…")) head.resize(head.size() - std::string_view("…").size());
  // Whole words only, where there are several.
  if (!rest.substr(head.size()).starts_with(' ') && head.find(' ') != std::string::npos) head.resize(head.rfind(' '));
  while (!head.empty() && (head.back() == ' ' || head.back() == ',')) head.pop_back();
  return fmt::format("{}… {}", head, tail);
}

void begin_reading(const Theme& theme, bool reading) {
  if (!reading) return;
  ImGui::PushStyleVar(ImGuiStyleVar_DisabledAlpha, 1.0F);
  ImGui::PushStyleColor(ImGuiCol_FrameBg, theme.panel);
  ImGui::PushStyleColor(ImGuiCol_Border, theme.faint_line);
  ImGui::BeginDisabled();
}

void end_reading(bool reading) {
  if (!reading) return;
  ImGui::EndDisabled();
  ImGui::PopStyleColor(2);
  ImGui::PopStyleVar();
}

void stat_row(const Theme& theme, std::string_view label, std::string_view value, const ImVec4* value_color) {
  const float column = ImGui::GetCursorScreenPos().x + theme.px(64.0F);
  text_in(theme.fonts.words, text_size::small, theme.quiet, label);
  ImGui::SameLine(0.0F, theme.px(8.0F));
  // Figures stand below each other.
  ImGui::SetCursorScreenPos({std::max(ImGui::GetCursorScreenPos().x, column), ImGui::GetCursorScreenPos().y});
  text_in(theme.fonts.strong_figures, text_size::small, value_color != nullptr ? *value_color : theme.strong, value);
}

void banner(const Theme& theme, const Tint& tint, std::string_view text) {
  const float padding = theme.px(8.0F);
  const float width = ImGui::GetContentRegionAvail().x;
  ImGui::PushFont(theme.fonts.words, text_size::body);
  const ImVec2 size = ImGui::CalcTextSize(text.data(), end_of(text), false, width - padding * 3.0F);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddRectFilled(at, {at.x + width, at.y + size.y + padding * 2.0F}, packed(tint.ground),
                      theme.px(corner::control));
  list->AddText(ImGui::GetFont(), ImGui::GetFontSize(), {at.x + padding * 1.5F, at.y + padding}, packed(tint.ink),
                text.data(), end_of(text), width - padding * 3.0F);
  ImGui::PopFont();
  ImGui::Dummy({width, size.y + padding * 2.0F});
}

void empty_state(const Theme& theme, std::string_view title, std::string_view advice) {
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const float width = std::min(room.x - theme.px(16.0F), theme.px(380.0F));
  if (width < theme.px(40.0F)) return;
  ImGui::PushFont(theme.fonts.strong, text_size::body);
  const ImVec2 title_size = ImGui::CalcTextSize(title.data(), end_of(title), false, width);
  ImGui::PopFont();
  ImGui::PushFont(theme.fonts.words, text_size::small);
  const ImVec2 advice_size = ImGui::CalcTextSize(advice.data(), end_of(advice), false, width);
  ImGui::PopFont();
  const float height = title_size.y + theme.px(4.0F) + advice_size.y;
  const ImVec2 start = ImGui::GetCursorPos();
  const float y = start.y + std::max(0.0F, (room.y - height) * 0.5F);
  const auto centred = [&](ImFont* font, float size, const ImVec4& color, std::string_view text, float text_wide,
                           float top) {
    ImGui::PushFont(font, size);
    // Each line in the middle, not only all of them.
    for (const char* at = text.data(); at < end_of(text);) {
      const char* end = font->CalcWordWrapPosition(ImGui::GetFontSize(), at, end_of(text), text_wide + 1.0F);
      if (end == at) ++end;
      const std::string_view line(at, end);
      ImGui::SetCursorPos({start.x + std::floor((room.x - ImGui::CalcTextSize(at, end).x) * 0.5F), top});
      text_in(font, size, color, line);
      top += ImGui::GetTextLineHeight();
      for (at = end; at < end_of(text) && (*at == ' ' || *at == '\n');) ++at;
    }
    ImGui::PopFont();
  };
  centred(theme.fonts.strong, text_size::body, theme.text, title, title_size.x, y);
  centred(theme.fonts.words, text_size::small, theme.quiet, advice, advice_size.x, y + title_size.y + theme.px(4.0F));
}

bool begin_tip(const Theme& theme) {
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{theme.px(12.0F), theme.px(8.0F)});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, theme.px(corner::control));
  ImGui::PushStyleVar(ImGuiStyleVar_PopupRounding, theme.px(corner::control));
  ImGui::PushStyleColor(ImGuiCol_PopupBg, theme.raised);
  const bool shown = ImGui::BeginTooltip();
  ImGui::PopStyleColor();
  ImGui::PopStyleVar(3);
  if (shown) ImGui::PushTextWrapPos(theme.px(360.0F));
  return shown;
}

void end_tip() {
  ImGui::PopTextWrapPos();
  ImGui::EndTooltip();
}

void show_tip(const Theme& theme, std::string_view text) {
  if (!begin_tip(theme)) return;
  text_in(theme.fonts.words, text_size::small, theme.text, text);
  end_tip();
}

}  // namespace knobscope::gui
