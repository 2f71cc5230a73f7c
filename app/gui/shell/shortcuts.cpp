#include "gui/shell/shortcuts.h"

#include <array>

namespace knobscope::gui {
namespace {

constexpr std::array kShortcuts = {
    Shortcut{Action::run_or_pause, ImGuiKey_Space, "Space", "run or pause"},
    Shortcut{Action::rerun, ImGuiKey_R, "R", "measure everything again"},
    Shortcut{Action::set_baseline, ImGuiKey_B, "B", "compare with the selected point from now on"},
    Shortcut{Action::next_variant, ImGuiKey_J, "J", "next variant"},
    Shortcut{Action::previous_variant, ImGuiKey_K, "K", "previous variant"},
    Shortcut{Action::next_axis, ImGuiKey_X, "X", "next x axis of the plots"},
    Shortcut{Action::previous_axis, ImGuiMod_Shift | ImGuiKey_X, "Shift X", "previous x axis"},
    Shortcut{Action::cancel, ImGuiKey_Escape, "Esc", "cancel what is queued"},
    Shortcut{Action::save, ImGuiMod_Ctrl | ImGuiKey_S, "Ctrl S", "save the results as a session file"},
    Shortcut{Action::show_keys, ImGuiKey_F1, "F1", "these keys"},
};

}  // namespace

std::span<const Shortcut> shortcuts() { return kShortcuts; }

std::vector<Action> pressed_actions() {
  std::vector<Action> actions;
  const bool typing = ImGui::GetIO().WantTextInput;
  for (const Shortcut& shortcut : kShortcuts) {
    const bool works_while_typing = shortcut.action == Action::save || shortcut.action == Action::show_keys;
    if (typing && !works_while_typing) continue;
    if (ImGui::IsKeyChordPressed(shortcut.chord)) actions.push_back(shortcut.action);
  }
  return actions;
}

}  // namespace knobscope::gui
