#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <imgui.h>
#include <imgui_internal.h>

#include "gui/render/renderer.h"
#include "gui/shell/fixed_window.h"
#include "gui/shell/interface.h"
#include "gui/shell/layout.h"
#include "gui/shell/shortcuts.h"
#include "gui/widgets/chip.h"
#include "gui/widgets/format_number.h"
#include "gui/widgets/panel.h"
#include "gui/widgets/segmented.h"

namespace knobscope::gui {
namespace {

constexpr float kMargin = 8.0F;
/// Title rows: small capitals with room around them.
void push_title_row(const Theme& theme) {
  ImGui::PushFont(theme.fonts.strong, text_size::caption);
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, ImVec2{theme.px(6.0F), theme.px(8.0F)});
  ImGui::PushStyleVar(ImGuiStyleVar_ItemInnerSpacing, ImVec2{theme.px(4.0F), 0.0F});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 0.0F);
}

void pop_title_row() {
  ImGui::PopStyleVar(3);
  ImGui::PopFont();
}

/// Among several tabs the one in front has a line in the accent below it.
void underline_front_tabs(const Theme& theme) {
  for (ImGuiWindow* window : ImGui::GetCurrentContext()->Windows) {
    const ImGuiDockNode* node = window->DockNode;
    if (node == nullptr || node->TabBar == nullptr || node->VisibleWindow != window || node->TabBar->Tabs.Size < 2)
      continue;
    const ImGuiTabItem* tab = ImGui::TabBarFindTabByID(node->TabBar, node->TabBar->VisibleTabId);
    if (tab == nullptr || node->HostWindow == nullptr) continue;
    const ImRect bar = node->TabBar->BarRect;
    const float left = bar.Min.x + tab->Offset + theme.px(6.0F);
    const float right = bar.Min.x + tab->Offset + tab->Width - theme.px(6.0F);
    node->HostWindow->DrawList->AddRectFilled({left, bar.Max.y - theme.px(4.0F)}, {right, bar.Max.y - theme.px(2.0F)},
                                              packed(theme.accent), theme.px(1.0F));
  }
}

bool is_docked(const std::string& name) {
  const ImGuiWindow* window = ImGui::FindWindowByName(name.c_str());
  return window != nullptr && window->DockIsActive;
}

constexpr int kNoAction = -1;

}  // namespace

int Interface::draw_band(const char* id, const Tint& tint, const std::string& text,
                         const std::vector<std::string>& actions, float& top) {
  const float width = ImGui::GetMainViewport()->Size.x;
  const float height = theme_.px(36.0F);
  begin_fixed(id, {0.0F, top}, {width, height}, tint.ground);
  const float margin = theme_.px(16.0F);
  const float gap = theme_.px(8.0F);
  float left = width - theme_.px(12.0F);
  for (const std::string& action : actions) left -= button_width(theme_, action) + gap;
  left += actions.empty() ? 0.0F : gap;
  const float scaled = text_size::body * theme_.scale;
  const std::string fitting = shortened(theme_.fonts.words, text_size::body, text, left - margin * 2.0F);
  ImGui::GetWindowDrawList()->AddText(theme_.fonts.words, scaled, {margin, std::floor(top + (height - scaled) * 0.5F)},
                                      packed(tint.ink), fitting.c_str());
  int pressed = kNoAction;
  if (band_wanted_ && band_wanted_->first == id) pressed = std::exchange(band_wanted_, std::nullopt)->second;
  int index = 0;
  for (const std::string& action : actions) {
    band_actions_.push_back({id, index, action, text});
    ImGui::SetCursorScreenPos({left, top + std::floor((height - control_height(theme_)) * 0.5F)});
    ImGui::PushID(index);
    if (button(theme_, "action", action, {}, ButtonKind::plain)) pressed = index;
    ImGui::PopID();
    left += button_width(theme_, action) + gap;
    ++index;
  }
  if (fitting != text && ImGui::IsWindowHovered() && begin_tip(theme_)) {
    text_in(theme_.fonts.words, text_size::body, theme_.text, text);
    end_tip();
  }
  ImGui::End();
  top += height;
  return pressed;
}

float Interface::draw_bands(const Snapshot& snapshot, float top) {
  band_actions_.clear();
  if (state_.recorded) {
    if (draw_band("##recorded", theme_.invalid, provenance_ + " · nothing is measured here", {"Measure here"}, top) ==
        0) {
      close_session();
    }
  }
  if (snapshot.worker == WorkerState::gone) {
    const std::string text =
        snapshot.worker_message.empty() ? "The worker ended and could not be started again." : snapshot.worker_message;
    if (draw_band("##gone", theme_.wrong, text, {"Log"}, top) == 0) ImGui::SetWindowFocus(window_id("Log").c_str());
  } else if (snapshot.worker_restarts != seen_restarts_) {
    const std::string text = fmt::format("The worker was replaced{}{}", snapshot.worker_message.empty() ? "." : ": ",
                                         snapshot.worker_message);
    if (draw_band("##restarted", theme_.noisy, text, {"Dismiss"}, top) == 0) seen_restarts_ = snapshot.worker_restarts;
  }
  if (judges(snapshot)) {
    draw_emulated_band(top);
  } else {
    draw_no_gpu_band(snapshot, top);
  }
  if (!renderer_.fault().empty()) {
    draw_band("##shader", theme_.wrong, "Shader: " + renderer_.fault(), {}, top);
  }
  draw_unfinished_band(snapshot, top);
  if (reader_.is_reading()) {
    const std::string text =
        fmt::format("Reading {}: {}", reader_.file().filename().string(), format_percent(reader_.share()));
    if (draw_band("##reading", theme_.noisy, text, {"Cancel"}, top) == 0) reader_.cancel();
  }
  if (!notice_.text.empty()) {
    if (draw_band("##notice", notice_.tint, notice_.text, {"Dismiss"}, top) == 0) notice_ = {};
  }
  band_wanted_.reset();  // its band has gone meanwhile
  return top;
}

void Interface::follow_layout(const Snapshot& snapshot) {
  const Purpose purpose = judges(snapshot) ? Purpose::judging : Purpose::measuring;
  if (laid_out_ == purpose) return;
  const bool at_first = !laid_out_;
  laid_out_ = purpose;
  if (layout_wanted_) return;
  if (lies_as_built(purpose == Purpose::judging ? Purpose::measuring : Purpose::judging)) {
    layout_wanted_ = true;
  } else if (!at_first) {
    // Somebody has arranged the panels: they stay, and only what there is to see comes to the front.
    bring_panel_to_front(purpose == Purpose::judging ? "Error" : "Throughput");
  }
}

void Interface::draw_panels(const Snapshot& snapshot, float top) {
  const ImVec2 window = ImGui::GetMainViewport()->Size;
  const float margin = theme_.px(kMargin);
  // Its ground is what the frame was cleared to: drawn once more it would cost a fifth of a frame where the processor
  // draws.
  begin_fixed("##ground", {0.0F, top}, {window.x, std::max(1.0F, window.y - top)}, ImVec4{});
  ImGui::SetCursorScreenPos({margin, top + margin});
  const ImVec2 size = {std::max(1.0F, window.x - margin * 2.0F), std::max(1.0F, window.y - top - margin * 2.0F)};
  const ImGuiID dock = ImGui::GetID("panels");
  follow_layout(snapshot);
  if (layout_wanted_ || ImGui::DockBuilderGetNode(dock) == nullptr) {
    build_layout(dock, size, theme_, *laid_out_);
    layout_wanted_ = false;
    fronts_wanted_in_ = 3;
  }
  if (fronts_wanted_in_ > 0 && --fronts_wanted_in_ == 0) {
    bring_fronts_forward(*laid_out_);
  }
  push_title_row(theme_);
  // Between the panels only the ground shows.
  ImGui::PushStyleColor(ImGuiCol_Separator, theme_.ground);
  ImGui::PushStyleColor(ImGuiCol_Border, theme_.ground);
  ImGui::PushStyleColor(ImGuiCol_WindowBg, theme_.panel);
  ImGui::DockSpace(dock, size, ImGuiDockNodeFlags_NoWindowMenuButton);
  ImGui::PopStyleColor(3);
  pop_title_row();
  ImGui::End();

  ViewContext context = context_of(snapshot);
  for (const std::unique_ptr<View>& view : views_) {
    if (hidden_views_.contains(view->title())) continue;
    const std::string name = window_name(view->title());
    push_title_row(theme_);
    ImGui::PushStyleColor(ImGuiCol_Text, theme_.quiet);
    // A docked panel gets its corners from draw_panel_edges(). A plain rectangle is filled, not drawn: see Fill.
    const float rounding = is_docked(name) ? 0.0F : ImGui::GetStyle().WindowRounding;
    ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, rounding);
    const bool visible =
        ImGui::Begin(name.c_str(), nullptr, ImGuiWindowFlags_NoCollapse | ImGuiWindowFlags_NoFocusOnAppearing);
    ImGui::PopStyleVar();
    ImGui::PopStyleColor();
    if (visible) {
      ImGui::PushFont(theme_.fonts.words, text_size::body);
      ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, ImVec2{theme_.px(8.0F), theme_.px(6.0F)});
      ImGui::PushStyleVar(ImGuiStyleVar_ItemInnerSpacing, ImVec2{theme_.px(4.0F), theme_.px(4.0F)});
      view->draw(context);
      draw_panel_menu(view->title(), context);
      ImGui::PopStyleVar(2);
      ImGui::PopFont();
    }
    ImGui::End();
    pop_title_row();
  }
  underline_front_tabs(theme_);
  draw_panel_edges(dock, theme_);
}

void Interface::draw_one_panel(const Snapshot& snapshot) {
  const auto found = std::find_if(views_.begin(), views_.end(), [this](const std::unique_ptr<View>& view) {
    return view->title() == options_.only_view;
  });
  if (found == views_.end()) return;
  ImGui::SetNextWindowPos({0.0F, 0.0F});
  ImGui::SetNextWindowSize(ImGui::GetMainViewport()->Size);
  push_title_row(theme_);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, 0.0F);
  ImGui::PushStyleColor(ImGuiCol_Text, theme_.quiet);
  ImGui::Begin(window_name((*found)->title()).c_str(), nullptr,
               ImGuiWindowFlags_NoCollapse | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoResize |
                   ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoDocking);
  ImGui::PopStyleColor();
  ImGui::PopStyleVar();
  ImGui::PushFont(theme_.fonts.words, text_size::body);
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, ImVec2{theme_.px(8.0F), theme_.px(6.0F)});
  ImGui::PushStyleVar(ImGuiStyleVar_ItemInnerSpacing, ImVec2{theme_.px(4.0F), theme_.px(4.0F)});
  ViewContext context = context_of(snapshot);
  (*found)->draw(context);
  ImGui::PopStyleVar(2);
  ImGui::PopFont();
  ImGui::End();
  pop_title_row();
}

void Interface::draw_keys() {
  const ImVec2 size = ImGui::GetMainViewport()->Size;
  ImGui::SetNextWindowPos({size.x * 0.5F, size.y * 0.5F}, ImGuiCond_Always, {0.5F, 0.5F});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{theme_.px(24.0F), theme_.px(20.0F)});
  ImGui::PushStyleColor(ImGuiCol_WindowBg, theme_.raised);
  ImGui::Begin("Keys##overlay", &keys_shown_,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_AlwaysAutoResize | ImGuiWindowFlags_NoDocking |
                   ImGuiWindowFlags_NoSavedSettings);
  ImGui::PopStyleColor();
  ImGui::PopStyleVar();
  text_in(theme_.fonts.strong, text_size::title, theme_.strong, "Keys");
  std::vector<std::pair<std::string_view, std::string_view>> rows;
  for (const Shortcut& shortcut : shortcuts()) {
    if (!shortcut.key.empty()) rows.emplace_back(shortcut.key, shortcut.meaning);
  }
  rows.emplace_back("drag, scroll", "turn a knob; double-click types a value");
  rows.emplace_back("Tab, arrows", "from control to control; Enter presses, Esc lets go");
  rows.emplace_back("arrows", "turn the knob, or move the choice, that has the keys");
  // In two columns: one would be higher than a small window.
  const std::size_t half = (rows.size() + 1) / 2;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i == half) {
      ImGui::EndGroup();
      ImGui::SameLine(0.0F, theme_.px(32.0F));
    }
    if (i == 0 || i == half) ImGui::BeginGroup();
    text_in(theme_.fonts.strong_figures, text_size::body, theme_.accent, rows[i].first);
    ImGui::SameLine(theme_.px(112.0F));
    text_in(theme_.fonts.words, text_size::body, theme_.text, rows[i].second);
  }
  ImGui::EndGroup();
  text_in(theme_.fonts.words, text_size::small, theme_.quiet, "Drop a session file on the window to read it.");
  ImGui::End();
}

}  // namespace knobscope::gui
