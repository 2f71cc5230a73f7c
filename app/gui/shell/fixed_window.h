#pragma once
// The parts of the window that are no panels: the top bar, bands, the ground below the panels.

#include <imgui.h>

namespace knobscope::gui {

/// Begins an ImGui window without frame or padding at a place of its own, in device pixels. End it with ImGui::End().
void begin_fixed(const char* name, ImVec2 at, ImVec2 size, const ImVec4& ground);

}  // namespace knobscope::gui
