#pragma once
// Where the panels are at first, and what keeps them together: one dock space over the window.

#include <string>
#include <string_view>

#include <imgui.h>

#include "gui/theme.h"

namespace knobscope::gui {

/// The ImGui window name of a panel: its title in capitals, and an id that does not depend on how it is written.
std::string window_name(std::string_view title);
/// The id part alone, "###Problem": what docking and tests look windows up by.
std::string window_id(std::string_view title);

/// Whether a window of this size, in design pixels, has no room for a column at the right: the kernel then becomes a
/// tab of the results, and the knobs one of the problem.
bool is_compact(ImVec2 design_size);

/// Forgets how the panels lie in dock space `id` and lays them out afresh within `size` device pixels.
void build_layout(ImGuiID id, ImVec2 size, const Theme& theme);

/// Rounds the corners of every docked group of panels and draws its edge: over what ImGui has drawn, before popups.
/// Call it once a frame after all panels.
void draw_panel_edges(ImGuiID id, const Theme& theme);

}  // namespace knobscope::gui
