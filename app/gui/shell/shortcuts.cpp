#include "gui/shell/shortcuts.h"

#include <algorithm>

namespace knobscope::gui {
namespace {

constexpr ImGuiKeyChord kCtrl = ImGuiMod_Ctrl;
constexpr ImGuiKeyChord kShift = ImGuiMod_Shift;

constexpr std::array kShortcuts = {
    Shortcut{Action::run_or_pause, {ImGuiKey_Space}, "Space", "run or pause"},
    Shortcut{Action::rerun, {ImGuiKey_R}, "R", "measure everything again"},
    Shortcut{Action::set_baseline, {ImGuiKey_B}, "B", "compare with the selected point from now on"},
    Shortcut{Action::time_in_turns, {ImGuiKey_T}, "T", "time the baseline and the selected point in turns"},
    Shortcut{Action::next_variant, {ImGuiKey_J}, "J", "next variant"},
    Shortcut{Action::previous_variant, {ImGuiKey_K}, "K", "previous variant"},
    Shortcut{Action::next_axis, {ImGuiKey_X}, "X", "next x axis of the plots"},
    Shortcut{Action::previous_axis, {kShift | ImGuiKey_X}, "Shift X", "previous x axis"},
    Shortcut{Action::lines_lens, {ImGuiKey_1, ImGuiKey_Keypad1}, "1", "lens of the large plot: lines"},
    Shortcut{Action::heat_lens, {ImGuiKey_2, ImGuiKey_Keypad2}, "2", "lens of the large plot: heat map"},
    Shortcut{Action::error_lens, {ImGuiKey_3, ImGuiKey_Keypad3}, "3", "lens of the large plot: error"},
    Shortcut{Action::trade_lens, {ImGuiKey_4, ImGuiKey_Keypad4}, "4", "lens of the large plot: time × error"},
    Shortcut{Action::roofline_lens, {ImGuiKey_5, ImGuiKey_Keypad5}, "5", "lens of the large plot: roofline"},
    Shortcut{Action::compare_lens, {ImGuiKey_6, ImGuiKey_Keypad6}, "6", "lens of the large plot: compare"},
    Shortcut{Action::start_sweep, {ImGuiKey_S}, "S", "start the sweep that is planned"},
    Shortcut{Action::copy_point, {ImGuiKey_C}, "C", "copy the command line that repeats the selected point"},
    Shortcut{
        Action::copy_plan, {kShift | ImGuiKey_C}, "Shift C", "copy the plan of what is on screen as a command line"},
    Shortcut{Action::save_plan, {}, "", "save the plan of what is on screen as a file"},
    Shortcut{Action::filter_columns, {ImGuiKey_F}, "F", "filter the results by column"},
    Shortcut{Action::show_changes, {ImGuiKey_D}, "D", "what changed since another kernel"},
    Shortcut{Action::next_panel, {ImGuiKey_F6}, "F6", "keys to the next panel: then Tab, arrows, Enter"},
    Shortcut{Action::previous_panel, {kShift | ImGuiKey_F6}, "Shift F6", "keys to the previous panel"},
    Shortcut{Action::show_tour, {}, "", "show the tour"},
    Shortcut{Action::cancel, {ImGuiKey_Escape}, "Esc", "cancel what is queued"},
    Shortcut{Action::save, {kCtrl | ImGuiKey_S}, "Ctrl S", "save the results as a session file", true},
    Shortcut{Action::undo, {kCtrl | ImGuiKey_Z}, "Ctrl Z", "take back what was set last"},
    Shortcut{Action::redo,
             {kCtrl | kShift | ImGuiKey_Z, kCtrl | ImGuiKey_Y},
             "Ctrl Shift Z",
             "set again what was taken back"},
    // A plus is Shift and = on many keyboards.
    Shortcut{Action::zoom_in,
             {kCtrl | ImGuiKey_Equal, kCtrl | kShift | ImGuiKey_Equal, kCtrl | ImGuiKey_KeypadAdd},
             "Ctrl +",
             "zoom in",
             true},
    Shortcut{Action::zoom_out, {kCtrl | ImGuiKey_Minus, kCtrl | ImGuiKey_KeypadSubtract}, "Ctrl −", "zoom out", true},
    Shortcut{Action::zoom_reset, {kCtrl | ImGuiKey_0, kCtrl | ImGuiKey_Keypad0}, "Ctrl 0", "zoom to 100\u2009%", true},
    Shortcut{Action::dark_theme, {}, "", "dark theme"},
    Shortcut{Action::light_theme, {}, "", "light theme"},
    Shortcut{Action::reset_layout, {}, "", "put every panel back to its place"},
    Shortcut{Action::live_window, {}, "", "draw while samples are taken, too"},
    Shortcut{Action::show_palette, {kCtrl | ImGuiKey_K}, "Ctrl K", "everything there is to do, by name", true},
    Shortcut{Action::show_keys, {ImGuiKey_F1}, "F1", "these keys", true},
};

bool is_pressed(const Shortcut& shortcut) {
  return std::ranges::any_of(shortcut.chords,
                             [](ImGuiKeyChord chord) { return chord != 0 && ImGui::IsKeyChordPressed(chord); });
}

}  // namespace

std::span<const Shortcut> shortcuts() { return kShortcuts; }

const Shortcut& shortcut_of(Action action) { return *std::ranges::find(kShortcuts, action, &Shortcut::action); }

std::vector<Action> pressed_actions() {
  std::vector<Action> actions;
  const bool typing = ImGui::GetIO().WantTextInput;
  for (const Shortcut& shortcut : kShortcuts) {
    if (typing && !shortcut.while_typing) continue;
    if (is_pressed(shortcut)) actions.push_back(shortcut.action);
  }
  return actions;
}

}  // namespace knobscope::gui
