// What the window can be told to do, however it was told: by a key, a menu, a button or the command palette.

#include <algorithm>
#include <utility>

#include <imgui.h>

#include "gui/shell/interface.h"
#include "gui/shell/panel_focus.h"
#include "gui/shell/shortcuts.h"
#include "gui/shell/zoom.h"
#include "gui/views/lenses.h"
#include "gui/views/problem_view.h"
#include "gui/views/series.h"
#include "gui/views/variants_view.h"
#include "worker/client.h"

namespace knobscope::gui {

void Interface::act_on_keys(const Snapshot& snapshot) {
  if (!focus_wanted_.empty() && focus_window(focus_wanted_)) focus_wanted_.clear();
  for (const Action action : pressed_actions()) {
    // While the palette is open, keys are its own; the one that opened it closes it.
    if (palette_.is_open() && action != Action::show_palette) continue;
    // Space and Esc are first of all the open menu's and the focused control's.
    const bool cancels = action == Action::cancel;
    const bool theirs_first = action == Action::run_or_pause || (cancels && !tour_.is_open());
    if (theirs_first && menu_was_open_) continue;
    const bool was_focused = ImGui::GetIO().NavVisible;
    // Esc gives the keys back. Left to itself ImGui climbs from a table to its panel first, and shows the focus there.
    if (cancels) ImGui::SetNavCursorVisible(false);
    if (cancels && state_.error_lab.large) {
      state_.error_lab.large = false;
      continue;
    }
    if (theirs_first && was_focused) continue;
    perform(action, snapshot);
  }
  menu_was_open_ = ImGui::IsPopupOpen("", ImGuiPopupFlags_AnyPopup);
}

std::vector<std::string> Interface::windows_in_turn() const {
  if (state_.error_lab.large) return {"Error lab"};
  std::vector<std::string> windows = {"##top", "##emulated"};
  for (const BandAction& action : band_actions_) {
    if (windows.back() != action.band) windows.push_back(action.band);
  }
  for (const std::unique_ptr<View>& view : views_) windows.push_back(window_id(view->title()));
  return windows;
}

void Interface::step_axis(const Snapshot& snapshot, bool forwards) {
  const std::vector<std::string> axes = available_axes(snapshot, state_, &index_);
  const auto at = std::ranges::find(axes, state_.x_axis);
  if (at == axes.end()) return;
  // Round and round: one key reaches them all.
  const std::size_t step = forwards ? 1 : axes.size() - 1;
  state_.x_axis = axes[(static_cast<std::size_t>(at - axes.begin()) + step) % axes.size()];
}

void Interface::choose_operation(const Snapshot& snapshot, Operation operation) {
  state_.plan.operation = operation;
  const ShapePreset preset = shape_presets(operation, device_kind_of(snapshot, state_.plan.device)).front();
  state_.plan.shapes = {preset.shape};
  state_.plan.normalized_dims = preset.normalized_dims;
  state_.selected_point.reset();
  state_.knobs.clear();
}

void Interface::take_back(const std::optional<Choice>& choice) {
  if (choice) apply(*choice, state_);
}

bool Interface::can_perform(Action action, const Snapshot& snapshot) const {
  switch (action) {
    case Action::run_or_pause:
    case Action::rerun:
    case Action::save:
    case Action::time_in_turns:
      return !state_.recorded;
    case Action::undo:
      return !history_.undo_text().empty();
    case Action::redo:
      return !history_.redo_text().empty();
    case Action::set_baseline:
    case Action::copy_point:
      return focused_point(snapshot, state_, &index_) != nullptr;
    case Action::start_sweep:
    case Action::copy_plan:
    case Action::save_plan:
      return !state_.recorded && !state_.ticked.empty() && snapshot.device(state_.plan.device) != nullptr;
    default:
      return true;
  }
}

void Interface::perform(Action action, const Snapshot& snapshot) {
  switch (action) {
    case Action::run_or_pause:
      run_or_pause(snapshot);
      break;
    case Action::rerun:
      state_.rerun_requested = !state_.recorded;
      break;
    case Action::set_baseline:
      if (const PointPtr point = focused_point(snapshot, state_, &index_)) state_.baseline_point = point->request.id;
      break;
    case Action::time_in_turns:
      time_in_turns(snapshot);
      break;
    case Action::next_variant:
    case Action::previous_variant: {
      const int step = action == Action::next_variant ? 1 : -1;
      select_variant(snapshot, state_,
                     neighbour_of(shown_variants(snapshot, state_, &index_), state_.selected_variant, step));
      break;
    }
    case Action::next_axis:
    case Action::previous_axis:
      step_axis(snapshot, action == Action::next_axis);
      break;
    case Action::lines_lens:
      state_.lens = Lens::lines;
      break;
    case Action::heat_lens:
      state_.lens = Lens::heat;
      break;
    case Action::error_lens:
      state_.lens = Lens::error;
      break;
    case Action::trade_lens:
      state_.lens = Lens::trade;
      break;
    case Action::roofline_lens:
      state_.lens = Lens::roofline;
      break;
    case Action::compare_lens:
      state_.lens = Lens::compare;
      break;
    case Action::start_sweep:
      show_panel("Sweep");
      state_.sweep_requested = can_perform(action, snapshot);
      break;
    case Action::copy_point:
      state_.wish = Wish::copy_point;
      break;
    case Action::copy_plan:
      state_.wish = Wish::copy_plan;
      break;
    case Action::save_plan:
      state_.wish = Wish::save_plan;
      break;
    case Action::filter_columns:
      show_panel("Results");
      state_.column_filters_shown = !state_.column_filters_shown;
      if (!state_.column_filters_shown) state_.column_filters.clear();
      break;
    case Action::show_changes:
      show_panel("Kernel");
      state_.changes_shown = !state_.changes_shown;
      break;
    case Action::next_panel:
    case Action::previous_panel:
      focus_beside(windows_in_turn(), action == Action::next_panel ? 1 : -1);
      break;
    case Action::show_tour:
      tour_.begin();
      break;
    case Action::cancel:
      if (tour_.is_open()) {
        tour_.end();
        break;
      }
      if (reader_.is_reading()) {
        reader_.cancel();
        break;
      }
      if (!std::exchange(keys_shown_, false)) commands_.post(worker::CancelAll{});
      break;
    case Action::save:
      save(snapshot);
      break;
    case Action::zoom_in:
    case Action::zoom_out:
      set_zoom(zoom_beside(zoom_, action == Action::zoom_in ? 1 : -1));
      break;
    case Action::zoom_reset:
      set_zoom(1.0F);
      break;
    case Action::dark_theme:
      set_theme(ThemeName::dark);
      break;
    case Action::light_theme:
      set_theme(ThemeName::light);
      break;
    case Action::reset_layout:
      hidden_views_.clear();
      reset_layout();
      break;
    case Action::live_window:
      live_window_ = !live_window_;
      break;
    case Action::undo:
      take_back(history_.undo());
      break;
    case Action::redo:
      take_back(history_.redo());
      break;
    case Action::show_palette:
      if (palette_.is_open()) {
        palette_.close();
      } else {
        palette_.open();
        find_sessions();
      }
      break;
    case Action::show_keys:
      keys_shown_ = !keys_shown_;
      break;
  }
}

}  // namespace knobscope::gui
