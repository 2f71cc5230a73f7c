#pragma once
// What the window can be told to do, as data: keys, menus, buttons, the overlay of keys and the command palette all
// take it from here, so that what is listed is what works.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <imgui.h>

namespace knobscope::gui {

enum class Action : std::uint8_t {
  run_or_pause,
  rerun,
  set_baseline,
  time_in_turns,
  next_variant,
  previous_variant,
  next_axis,
  previous_axis,
  lines_lens,
  heat_lens,
  error_lens,
  trade_lens,
  roofline_lens,
  compare_lens,
  start_sweep,
  copy_point,
  copy_plan,
  save_plan,
  filter_columns,
  show_changes,
  next_panel,
  previous_panel,
  show_tour,
  cancel,
  save,
  undo,
  redo,
  zoom_in,
  zoom_out,
  zoom_reset,
  dark_theme,
  light_theme,
  reset_layout,
  live_window,
  show_palette,
  show_keys,
};

struct Shortcut {
  Action action;
  std::array<ImGuiKeyChord, 3> chords;  ///< any of them does it; 0 where there are fewer
  std::string_view key;                 ///< as written on keyboards; empty without one
  std::string_view meaning;             ///< what it does, for the overlay
  bool while_typing = false;            ///< also while a field takes what is typed
};

std::span<const Shortcut> shortcuts();
const Shortcut& shortcut_of(Action action);

/// Actions whose keys were pressed this frame. Letters typed into a field are not shortcuts.
std::vector<Action> pressed_actions();

}  // namespace knobscope::gui
