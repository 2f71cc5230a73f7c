#include "gui/shell/tour.h"

#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>
#include <imgui.h>
#include <imgui_internal.h>

#include "gui/shell/layout.h"
#include "gui/widgets/chip.h"
#include "gui/widgets/panel.h"

namespace knobscope::gui {
namespace {

constexpr std::array kSteps = {
    TourStep{"Knobs", "Turn a knob",
             "The kernel is compiled with the new value, checked and timed while you watch. Drag, scroll, or use the "
             "arrow keys; a double-click types a value."},
    TourStep{"Throughput", "The plot follows",
             "Each variant is a line. The dashed line is what a copy of memory reaches: the top of the hill. Hover for "
             "details, click to select a point everywhere, 1 to 6 look at the same points in other ways."},
    TourStep{"Results", "No number without its verdict",
             "Every output is compared with a double-precision reference. ✕ is wrong however fast, ~ is too noisy to "
             "trust. Ctrl+K finds everything else."},
};

constexpr float kWidth = 336.0F;  // design pixels

/// Where there is most room beside a panel, within the window.
ImVec2 place_beside(const ImRect& panel, ImVec2 card, ImVec2 window, float gap) {
  const std::array<ImVec2, 4> places = {
      ImVec2{panel.Max.x + gap, panel.Min.y}, ImVec2{panel.Min.x - gap - card.x, panel.Min.y},
      ImVec2{panel.Min.x, panel.Min.y - gap - card.y}, ImVec2{panel.Min.x, panel.Max.y + gap}};
  for (const ImVec2& at : places) {
    if (at.x >= 0.0F && at.y >= 0.0F && at.x + card.x <= window.x && at.y + card.y <= window.y) return at;
  }
  // No room beside it: in the middle of it.
  const ImVec2 middle = panel.GetCenter();
  return {std::clamp(middle.x - card.x * 0.5F, 0.0F, std::max(window.x - card.x, 0.0F)),
          std::clamp(middle.y - card.y * 0.5F, 0.0F, std::max(window.y - card.y, 0.0F))};
}

}  // namespace

std::span<const TourStep> tour_steps() { return kSteps; }

void Tour::begin() {
  open_ = seen_ = true;
  go_to(0);
}

void Tour::go_to(std::size_t step) {
  if (step >= kSteps.size()) {
    end();
    return;
  }
  step_ = step;
}

void Tour::draw(const Theme& theme) {
  if (!open_) return;
  if (!ImGui::GetIO().WantTextInput) {
    if (ImGui::IsKeyPressed(ImGuiKey_RightArrow, false) || ImGui::IsKeyPressed(ImGuiKey_Enter, false)) go_to(step_ + 1);
    if (ImGui::IsKeyPressed(ImGuiKey_LeftArrow, false) && step_ > 0) go_to(step_ - 1);
  }
  if (!open_) return;
  const TourStep& step = kSteps.at(step_);
  const ImGuiWindow* panel = ImGui::FindWindowByName(window_id(step.panel).c_str());
  const ImVec2 window = ImGui::GetMainViewport()->Size;
  ImRect around = {window.x * 0.4F, window.y * 0.4F, window.x * 0.6F, window.y * 0.6F};
  if (panel != nullptr && panel->WasActive) {
    // It may lie behind another tab.
    if (panel->Hidden || (panel->DockNode != nullptr && panel->DockNode->VisibleWindow != panel)) {
      bring_panel_to_front(step.panel);
    }
    around = panel->Rect();
  }
  ImDrawList* list = ImGui::GetForegroundDrawList();
  const float inset = theme.px(1.0F);
  list->AddRect({around.Min.x + inset, around.Min.y + inset}, {around.Max.x - inset, around.Max.y - inset},
                packed(theme.accent), theme.px(corner::panel), 0, theme.px(2.0F));
  const ImGuiWindow* card = ImGui::FindWindowByName("##tour");
  const ImVec2 size = card != nullptr ? card->Size : ImVec2{theme.px(kWidth), theme.px(180.0F)};
  ImGui::SetNextWindowPos(place_beside(around, size, window, theme.px(12.0F)));
  ImGui::SetNextWindowSize({theme.px(kWidth), 0.0F});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{theme.px(20.0F), theme.px(16.0F)});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, theme.px(corner::panel));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 1.0F);
  ImGui::PushStyleColor(ImGuiCol_WindowBg, theme.raised);
  ImGui::PushStyleColor(ImGuiCol_Border, theme.accent);
  ImGui::Begin("##tour", nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoDocking |
                   ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoFocusOnAppearing);
  ImGui::BringWindowToDisplayFront(ImGui::GetCurrentWindow());
  text_in(theme.fonts.words, text_size::caption, theme.quiet, fmt::format("{} of {}", step_ + 1, kSteps.size()));
  text_in(theme.fonts.strong, text_size::title, theme.strong, step.title);
  text_wrapped_in(theme.fonts.words, text_size::body, theme.text, step.text);
  ImGui::Dummy({0.0F, theme.px(8.0F)});
  const bool last = step_ + 1 == kSteps.size();
  if (button(theme, "next", last ? "Done" : "Next", "→", ButtonKind::primary)) go_to(step_ + 1);
  ImGui::SameLine(0.0F, theme.px(8.0F));
  if (!last && button(theme, "skip", "Skip", "Esc", ButtonKind::quiet)) end();
  ImGui::End();
  ImGui::PopStyleColor(2);
  ImGui::PopStyleVar(3);
}

}  // namespace knobscope::gui
