#include "gui/widgets/segmented.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <imgui_internal.h>

#include "gui/widgets/focus.h"
#include "gui/widgets/panel.h"

namespace knobscope::gui {
namespace {

constexpr float kPadX = 12.0F;
constexpr float kLeastPadX = 6.0F;
constexpr float kInset = 2.0F;
constexpr const char* kMore = "more ▾";

float label_width(const Theme& theme, const std::string& label) {
  return std::ceil(text_width(theme.fonts.words, text_size::body, label));
}

/// What stands where, in device pixels.
struct Layout {
  std::vector<std::size_t> shown;
  std::vector<float> widths;  ///< of `shown`
  float more = 0.0F;          ///< of the last segment, which opens the list; 0: there is none
  float whole = 0.0F;         ///< insets included
};

Layout layout_of(const Theme& theme, std::span<const std::string> labels, std::size_t selected,
                 const SegmentedLook& look) {
  std::vector<float> natural;
  for (const std::string& label : labels) natural.push_back(label_width(theme, label) + theme.px(kPadX) * 2.0F);
  const float insets = theme.px(kInset) * 2.0F;
  const float available = look.width > 0.0F  ? look.width
                          : look.room > 0.0F ? look.room
                                             : ImGui::GetContentRegionAvail().x;
  const float inner = std::max(available - insets, 1.0F);
  Layout layout;
  if (look.width > 0.0F) {
    const float share = inner / static_cast<float>(labels.size());
    const float widest = *std::max_element(natural.begin(), natural.end());
    if (widest - theme.px(kPadX - kLeastPadX) * 2.0F <= share) {
      natural.assign(labels.size(), share);
      layout.whole = available;
    }
  }
  const float more = label_width(theme, kMore) + theme.px(kPadX) * 2.0F;
  // A share's rounding is no reason to hide a segment.
  layout.shown = layout.whole > 0.0F ? shown_segments(natural, more, inner + 1.0F, selected)
                                     : shown_segments(natural, more, inner, selected, look.weights);
  for (const std::size_t index : layout.shown) layout.widths.push_back(natural[index]);
  if (layout.shown.empty()) {
    const float arrow = label_width(theme, " ▾");
    layout.more = look.width > 0.0F ? inner : std::min(inner, natural[selected] + arrow);
  } else if (layout.shown.size() < labels.size()) {
    layout.more = more;
  }
  if (layout.whole <= 0.0F) {
    layout.whole = std::accumulate(layout.widths.begin(), layout.widths.end(), layout.more) + insets;
  }
  return layout;
}

struct Segment {
  float x = 0.0F;
  float y = 0.0F;
  float width = 0.0F;
};

void draw_segment(const Theme& theme, const Segment& at, const std::string& label, bool chosen, bool hovered,
                  bool allowed) {
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float height = control_height(theme);
  const float inset = theme.px(kInset);
  const float rounding = theme.px(corner::control - 1.0F);
  const ImVec2 top = {at.x, at.y + inset};
  const ImVec2 end = {at.x + at.width, at.y + height - inset};
  if (chosen) {
    list->AddRectFilled(top, end, packed(theme.name == ThemeName::dark ? theme.line : theme.panel), rounding);
    if (theme.name == ThemeName::light) list->AddRect(top, end, packed(theme.line), rounding);
  } else if (hovered) {
    list->AddRectFilled(top, end, packed(theme.raised), rounding);
  }
  const std::string shown = shortened(theme.fonts.words, text_size::body, label, at.width - theme.px(8.0F));
  const float text_wide = text_width(theme.fonts.words, text_size::body, shown);
  const float scaled = text_size::body * theme.scale;
  const ImVec4& ink = chosen ? theme.strong : (hovered ? theme.text : theme.quiet);
  list->AddText(theme.fonts.words, scaled,
                {std::floor(at.x + (at.width - text_wide) * 0.5F), std::floor(at.y + (height - scaled) * 0.5F)},
                packed(ink, allowed ? 1.0F : 0.45F), shown.c_str());
}

void draw_tip(const Theme& theme, const SegmentedLook& look, std::size_t index) {
  if (index < look.tips.size() && !look.tips[index].empty()) show_tip(theme, look.tips[index]);
}

/// The list of those that are not shown; of all when none is. True when one was chosen.
bool draw_rest(const Theme& theme, std::span<const std::string> labels, const Layout& layout, int& selected,
               const SegmentedLook& look) {
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{theme.px(8.0F), theme.px(8.0F)});
  const bool open = ImGui::BeginPopup("rest");
  ImGui::PopStyleVar();
  if (!open) return false;
  bool changed = false;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (std::find(layout.shown.begin(), layout.shown.end(), i) != layout.shown.end()) continue;
    const bool allowed = i >= look.enabled.size() || look.enabled[i];
    const bool chosen = static_cast<int>(i) == selected;
    if (ImGui::Selectable(labels[i].c_str(), chosen, allowed ? 0 : ImGuiSelectableFlags_Disabled) && !chosen) {
      selected = static_cast<int>(i);
      changed = true;
    }
    if (ImGui::IsItemHovered()) draw_tip(theme, look, i);
  }
  ImGui::EndPopup();
  return changed;
}

/// The next choice in a direction, hidden ones among them: the one that is chosen gets a place.
bool moved_by_keys(int step, std::size_t count, int& selected, std::span<const bool> enabled) {
  if (step == 0) return false;
  for (int next = selected + step; next >= 0 && next < static_cast<int>(count); next += step) {
    const auto index = static_cast<std::size_t>(next);
    if (index < enabled.size() && !enabled[index]) continue;
    selected = next;
    return true;
  }
  return false;
}

}  // namespace

float control_height(const Theme& theme) { return theme.px(28.0F); }

float segmented_width(const Theme& theme, std::span<const std::string> labels) {
  float width = theme.px(kInset) * 2.0F;
  for (const std::string& label : labels) width += label_width(theme, label) + theme.px(kPadX) * 2.0F;
  return width;
}

std::vector<std::size_t> shown_segments(std::span<const float> widths, float more, float room, std::size_t selected,
                                        std::span<const int> weights) {
  std::vector<std::size_t> shown(widths.size());
  std::iota(shown.begin(), shown.end(), std::size_t{0});
  if (std::accumulate(widths.begin(), widths.end(), 0.0F) <= room) return shown;
  if (selected >= widths.size()) return {};

  std::vector<std::size_t> wanted = shown;
  const auto weight = [&weights](std::size_t index) { return index < weights.size() ? weights[index] : 0; };
  std::stable_sort(wanted.begin(), wanted.end(),
                   [&weight](std::size_t a, std::size_t b) { return weight(a) > weight(b); });
  float left = room - more - widths[selected];
  shown = {selected};
  for (const std::size_t index : wanted) {
    if (index == selected || widths[index] > left) continue;
    left -= widths[index];
    shown.push_back(index);
  }
  if (shown.size() < 2) return {};
  std::sort(shown.begin(), shown.end());
  return shown;
}

bool segmented(const Theme& theme, const char* id, std::span<const std::string> labels, int& selected,
               const SegmentedLook& look) {
  if (labels.empty()) return false;
  const auto last = static_cast<int>(labels.size()) - 1;
  const auto chosen_index = static_cast<std::size_t>(std::clamp(selected, 0, last));
  const Layout layout = layout_of(theme, labels, chosen_index, look);
  const float inset = theme.px(kInset);
  const float height = control_height(theme);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImDrawList* list = ImGui::GetWindowDrawList();
  const ImVec2 end = {at.x + layout.whole, at.y + height};
  list->AddRectFilled(at, end, packed(theme.sunken), theme.px(corner::control));

  ImGui::PushID(id);
  ImGui::BeginGroup();
  const FocusStop stop = focus_stop("keys", at, {layout.whole, height});
  bool changed = false;
  float x = at.x + inset;
  for (std::size_t i = 0; i < layout.shown.size(); ++i) {
    const std::size_t index = layout.shown[i];
    const float width = layout.widths[i];
    const bool allowed = index >= look.enabled.size() || look.enabled[index];
    const bool chosen = static_cast<int>(index) == selected;
    ImGui::SetCursorScreenPos({x, at.y});
    ImGui::BeginDisabled(!allowed);
    if (ImGui::InvisibleButton(labels[index].c_str(), {std::max(width, 1.0F), height}) && !chosen) {
      selected = static_cast<int>(index);
      changed = true;
    }
    if (ImGui::IsItemActivated()) focus_on(stop);
    const bool hovered = ImGui::IsItemHovered();
    ImGui::EndDisabled();
    draw_segment(theme, {x, at.y, width}, labels[index], chosen, hovered, allowed);
    if (hovered) draw_tip(theme, look, index);
    x += width;
  }
  if (layout.more > 0.0F) {
    ImGui::SetCursorScreenPos({x, at.y});
    if (ImGui::InvisibleButton("more", {std::max(layout.more, 1.0F), height}) || stop.pressed) {
      ImGui::OpenPopup("rest");
    }
    if (ImGui::IsItemActivated()) focus_on(stop);
    const bool named = layout.shown.empty();
    if (named && ImGui::IsItemHovered()) draw_tip(theme, look, chosen_index);
    draw_segment(theme, {x, at.y, layout.more}, named ? labels[chosen_index] + " ▾" : kMore, named,
                 ImGui::IsItemHovered(), true);
    ImGui::SetNextWindowPos({x, end.y + theme.px(4.0F)});
    changed = draw_rest(theme, labels, layout, selected, look) || changed;
  }

  if (stop.focused) {
    const int step = take_arrows(stop.id, false).right;
    changed = moved_by_keys(step, labels.size(), selected, look.enabled) || changed;
  }
  list->AddRect(at, end, packed(stop.focused ? theme.accent : theme.faint_line, stop.focused ? 0.7F : 1.0F),
                theme.px(corner::control));
  ImGui::SetCursorScreenPos(at);
  ImGui::Dummy({layout.whole, height});
  ImGui::EndGroup();
  ImGui::PopID();
  return changed;
}

}  // namespace knobscope::gui
