#pragma once
// The strip under the scope: clock, power and temperature, each in a lane, below the samples they belong to.

#include <optional>
#include <span>

#include "gui/theme.h"
#include "gui/views/scope_trace.h"

namespace knobscope::gui {

/// The height of the strip; the smaller the room for it and the plot above, the fewer lanes. Lanes without a value have
/// none; why they are missing is a line of words.
float strip_height(const Theme& theme, const ScopeTrace& trace, float room);

/// Where the plot above has its places on the screen.
struct PlaceFrame {
  float left = 0.0F;   ///< of places().low
  float right = 0.0F;  ///< of places().high
};

/// Draws it at the cursor over the rest of the width, `height` high: names on the left of the frame, present values on
/// the right. Returns the place under the mouse.
std::optional<double> draw_strip(const Theme& theme, const ScopeTrace& trace, PlaceFrame frame, float height);

/// ≋ at each of these points of the screen, in the colour of its verdict; as many as can be told apart.
void draw_throttled_marks(ImDrawList* list, const Theme& theme, std::span<const ImVec2> marks);

/// A line through all lanes and the plot, where the mouse is.
void draw_place_line(ImDrawList* list, const Theme& theme, float x, float top, float bottom);

/// What is known of the sample at a place, beside the mouse.
void sample_tip(const Theme& theme, const ScopeTrace& trace, double at);

/// The colours of the techniques, in the order of kTimings; each has its name beside it.
std::array<ImVec4, kTimings.size()> timing_colors(const Theme& theme);

}  // namespace knobscope::gui
