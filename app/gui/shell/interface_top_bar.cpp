#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <imgui.h>

#include "gui/shell/fixed_window.h"
#include "gui/shell/interface.h"
#include "gui/views/problem_view.h"
#include "gui/views/series.h"
#include "gui/widgets/chip.h"
#include "gui/widgets/format_number.h"
#include "gui/widgets/meter.h"
#include "gui/widgets/panel.h"
#include "gui/widgets/segmented.h"
#include "worker/client.h"

namespace knobscope::gui {
namespace {

constexpr float kBar = 48.0F;
std::string progress_text(const Snapshot& snapshot, bool recorded) {
  if (recorded)
    return fmt::format("{} points recorded", format_count(static_cast<std::int64_t>(snapshot.points->size())));
  const Progress& progress = snapshot.progress;
  const std::string count = fmt::format("{} / {}", format_count(progress.done), format_count(progress.total));
  switch (snapshot.worker) {
    case WorkerState::starting:
      return "starting";
    case WorkerState::restarting:
      return "restarting the worker";
    case WorkerState::gone:
      return "no worker";
    case WorkerState::idle:
    case WorkerState::measuring:
      break;
  }
  if (snapshot.paused) return fmt::format("paused · {}", count);
  if (progress.done < progress.total || snapshot.live) {
    if (progress.seconds_left) return fmt::format("sweep {} · {} left", count, format_duration(*progress.seconds_left));
    return fmt::format("sweep {}", count);
  }
  if (snapshot.points->empty()) return "ready";
  return fmt::format("{} points", format_count(static_cast<std::int64_t>(snapshot.points->size())));
}

void draw_logo(const Theme& theme, float middle) {
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float x = theme.px(24.0F);
  list->AddCircle({x, middle}, theme.px(7.0F), packed(theme.accent), 0, theme.px(1.5F));
  list->AddCircleFilled({x, middle}, theme.px(2.5F), packed(theme.accent));
  list->AddLine({x, middle}, {x + theme.px(6.0F), middle - theme.px(6.0F)}, packed(theme.accent), theme.px(1.5F));
  const float scaled = text_size::title * theme.scale;
  list->AddText(theme.fonts.strong, scaled, {theme.px(40.0F), std::floor(middle - scaled * 0.5F)}, packed(theme.strong),
                "Knobscope");
}

}  // namespace

void Interface::draw_top_bar(const Snapshot& snapshot) {
  const ImVec2 size = ImGui::GetMainViewport()->Size;
  begin_fixed("##top", {0.0F, 0.0F}, {size.x, theme_.px(kBar)}, theme_.panel);
  const float middle = std::floor(theme_.px(kBar) * 0.5F);
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddLine({0.0F, theme_.px(kBar) - 1.0F}, {size.x, theme_.px(kBar) - 1.0F}, packed(theme_.faint_line));
  draw_logo(theme_, middle);
  const float logo_end =
      theme_.px(40.0F) + text_width(theme_.fonts.strong, text_size::title, "Knobscope") + theme_.px(16.0F);
  ImGui::SetCursorScreenPos({logo_end, middle - control_height(theme_) * 0.5F});
  draw_device_chooser(snapshot);
  ImGui::SameLine(0.0F, theme_.px(12.0F));
  draw_operations(snapshot, size.x * 0.32F);
  draw_run_controls(snapshot);
  ImGui::End();
}

void Interface::draw_operations(const Snapshot& snapshot, float room) {
  std::vector<std::string> titles;
  int selected = 0;
  for (const Operation operation : kOperations) {
    if (operation == state_.plan.operation) selected = static_cast<int>(titles.size());
    titles.emplace_back(info_of(operation).title);
  }
  ImGui::BeginDisabled(state_.recorded);
  SegmentedLook look;
  look.room = room;
  if (segmented(theme_, "operation", titles, selected, look)) {
    choose_operation(snapshot, kOperations[static_cast<std::size_t>(selected)]);
  }
  ImGui::EndDisabled();
}

void Interface::draw_run_controls(const Snapshot& snapshot) {
  const float left = ImGui::GetItemRectMax().x + theme_.px(16.0F);
  const float gap = theme_.px(8.0F);
  const float right = ImGui::GetMainViewport()->Size.x - theme_.px(12.0F);
  const float top = std::floor((theme_.px(kBar) - control_height(theme_)) * 0.5F);
  const bool busy = snapshot.live || snapshot.progress.done < snapshot.progress.total;
  const bool running = busy && !snapshot.paused;
  const char* run_label = running ? "Pause" : "Run";

  float x = right - button_width(theme_, run_label, shortcut_of(Action::run_or_pause).key);
  ImGui::SetCursorScreenPos({x, top});
  if (button(theme_, "run", run_label, shortcut_of(Action::run_or_pause).key, ButtonKind::primary, !state_.recorded))
    run_or_pause(snapshot);
  x -= gap + button_width(theme_, "Cancel", shortcut_of(Action::cancel).key);
  ImGui::SetCursorScreenPos({x, top});
  if (button(theme_, "cancel", "Cancel", shortcut_of(Action::cancel).key, ButtonKind::plain, busy))
    commands_.post(worker::CancelAll{});
  x -= gap + button_width(theme_, "Window ▾");
  ImGui::SetCursorScreenPos({x, top});
  if (button(theme_, "menu", "Window ▾", {}, ButtonKind::quiet)) ImGui::OpenPopup("menu");
  draw_menu(snapshot);

  // Progress fills what is left; its bar goes before its words do.
  const float end = x - theme_.px(16.0F);
  const std::string text = progress_text(snapshot, state_.recorded);
  const float wide = text_width(theme_.fonts.words, text_size::body, text);
  const float bar = std::min(theme_.px(160.0F), end - left - wide - theme_.px(12.0F));
  const bool with_bar = bar >= theme_.px(40.0F) && snapshot.progress.total > 0 && !state_.recorded;
  const float text_end = with_bar ? end - bar - theme_.px(12.0F) : end;
  const float scaled = text_size::body * theme_.scale;
  const std::string fitting = shortened(theme_.fonts.words, text_size::body, text, text_end - left);
  const float fitting_wide = text_width(theme_.fonts.words, text_size::body, fitting);
  ImGui::GetWindowDrawList()->AddText(
      theme_.fonts.words, scaled, {std::floor(text_end - fitting_wide), std::floor((theme_.px(kBar) - scaled) * 0.5F)},
      packed(theme_.quiet), fitting.c_str());
  if (!with_bar) return;
  const double done = static_cast<double>(snapshot.progress.done) / static_cast<double>(snapshot.progress.total);
  draw_meter(ImGui::GetWindowDrawList(), theme_, {end - bar, std::floor(theme_.px(kBar) * 0.5F - theme_.px(2.0F))},
             {bar, theme_.px(4.0F)}, done, snapshot.paused ? theme_.noisy.ink : theme_.accent);
}

void Interface::menu_entry(const char* label, Action action, const Snapshot& snapshot, bool chosen) {
  const std::string key(shortcut_of(action).key);
  if (ImGui::MenuItem(label, key.empty() ? nullptr : key.c_str(), chosen, can_perform(action, snapshot))) {
    perform(action, snapshot);
  }
}

void Interface::draw_menu(const Snapshot& snapshot) {
  if (!ImGui::BeginPopup("menu")) return;
  menu_entry("Everything by name…", Action::show_palette, snapshot);
  ImGui::Separator();
  menu_entry("Undo", Action::undo, snapshot);
  menu_entry("Redo", Action::redo, snapshot);
  ImGui::Separator();
  menu_entry("Save session", Action::save, snapshot);
  menu_entry("Measure again", Action::rerun, snapshot);
  menu_entry("Copy point as command line", Action::copy_point, snapshot);
  menu_entry("Copy plan as command line", Action::copy_plan, snapshot);
  menu_entry("Save plan", Action::save_plan, snapshot);
  ImGui::Separator();
  menu_entry("Dark", Action::dark_theme, snapshot, theme_.name == ThemeName::dark);
  menu_entry("Light", Action::light_theme, snapshot, theme_.name == ThemeName::light);
  ImGui::Separator();
  menu_entry("Zoom in", Action::zoom_in, snapshot);
  menu_entry("Zoom out", Action::zoom_out, snapshot);
  menu_entry((format_percent(static_cast<double>(zoom_)) + "###Zoom").c_str(), Action::zoom_reset, snapshot);
  ImGui::Separator();
  for (const std::unique_ptr<View>& view : views_) {
    bool shown = !hidden_views_.contains(view->title());
    if (ImGui::MenuItem(view->title(), nullptr, &shown)) {
      if (shown)
        hidden_views_.erase(view->title());
      else
        hidden_views_.insert(view->title());
    }
  }
  menu_entry("Reset layout", Action::reset_layout, snapshot);
  ImGui::Separator();
  menu_entry("Keys", Action::show_keys, snapshot);
  menu_entry("Tour", Action::show_tour, snapshot);
  ImGui::EndPopup();
}

}  // namespace knobscope::gui
