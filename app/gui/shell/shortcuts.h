#pragma once
// The keys, as data: what the overlay lists is what works.

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
  next_variant,
  previous_variant,
  next_axis,
  previous_axis,
  cancel,
  save,
  show_keys,
};

struct Shortcut {
  Action action;
  ImGuiKeyChord chord;
  std::string_view key;      ///< as written on keyboards
  std::string_view meaning;  ///< what it does, for the overlay
};

std::span<const Shortcut> shortcuts();

/// Actions whose keys were pressed this frame. Letters typed into a field are not shortcuts.
std::vector<Action> pressed_actions();

}  // namespace knobscope::gui
