#pragma once
// Where the panels are at first, and what keeps them together: one dock space over the window.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <imgui.h>

#include "gui/theme.h"

namespace knobscope::gui {

/// The ImGui window name of a panel: its title in capitals, and an id that does not depend on how it is written.
std::string window_name(std::string_view title);
/// The id part alone, "###Problem": what docking and tests look windows up by.
std::string window_id(std::string_view title);

/// How much a window holds, by its size in design pixels.
enum class Room : std::uint8_t {
  low,      ///< no row below the plot either: scope, time and error map become tabs of the results
  compact,  ///< no column at the right: the kernel is a tab of the results, and the knobs one of the problem
  wide,
};

inline constexpr std::array kRooms = {Room::low, Room::compact, Room::wide};

Room room_of(ImVec2 design_size);
std::string_view name_of(Room room);

/// What the window is for with the device at hand: on a GPU or the CPU kernels are timed, and the plot of rates is the
/// middle of it; on the emulated device they are judged, and the source with what is wrong in it is.
enum class Purpose : std::uint8_t { measuring, judging };

/// Forgets how the panels lie in dock space `id` and lays them out afresh within `size` device pixels.
void build_layout(ImGuiID id, ImVec2 size, const Theme& theme, Purpose purpose);

/// Whether the panels are still grouped as build_layout() grouped them for that purpose, at any size. Between frames or
/// before the panels of a frame.
bool lies_as_built(Purpose purpose);

/// Makes a panel the front one of its tabs; nothing happens while it is not docked.
void bring_panel_to_front(std::string_view title);
/// Brings every panel to the front that build_layout() puts there. Panels that lay elsewhere before move within the
/// frame after it, so call it two frames later.
void bring_fronts_forward(Purpose purpose);

/// Rounds the corners of every docked group of panels and draws its edge: over what ImGui has drawn, before popups.
/// Call it once a frame after all panels.
void draw_panel_edges(ImGuiID id, const Theme& theme);

}  // namespace knobscope::gui
