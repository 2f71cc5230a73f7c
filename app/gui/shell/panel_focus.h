#pragma once
// The keyboard's focus among the windows inside the window: panels, bands, the top bar.

#include <span>
#include <string>

namespace knobscope::gui {

/// Gives a window that is seen the focus, with the ring on the control that had it last, or on its first one. Call it
/// before the windows of a frame are drawn. False where there is no such window, or not yet.
bool focus_window(const std::string& name);

/// Gives the focus to the window `step` places on among those that are seen, round and round: to the first of them, or
/// the last, where none of them has it.
void focus_beside(std::span<const std::string> windows, int step);

}  // namespace knobscope::gui
