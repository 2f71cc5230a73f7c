#pragma once
// A segmented control: a few choices side by side, one of them chosen. Those that have no room stand behind "more".

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "gui/theme.h"

namespace knobscope::gui {

struct SegmentedLook {
  float width = 0.0F;  ///< device pixels that the segments share, or the list takes; 0: each as wide as its label
  float room = 0.0F;   ///< device pixels it may take with `width` = 0; 0: what the panel's line has left
  std::span<const bool> enabled;      ///< `false` greys a segment out; those past its end are enabled
  std::span<const std::string> tips;  ///< what hovering a segment says; those past its end say nothing
  std::span<const int> weights;       ///< where some have no room, heavier ones stay; equal ones in their order
};

/// Each segment is an item with its label as id, inside `id`. Segments are never cut: where not all labels fit, the
/// chosen one and as many others as do are shown, then "more ▾" (item "more") opens a list of the rest; where not two
/// fit, a field (item "more" too) names the chosen one and lists all. It is one stop of the keyboard's focus, which a
/// click gives it, too: the left and right arrow keys move the choice, Enter opens the list. Returns true when
/// `selected` changed.
bool segmented(const Theme& theme, const char* id, std::span<const std::string> labels, int& selected,
               const SegmentedLook& look = {});
/// Width it takes when every label has room.
float segmented_width(const Theme& theme, std::span<const std::string> labels);
/// Height of one row of controls: segments, buttons, fields.
float control_height(const Theme& theme);

/// Which segments of the given widths are shown in `room`, ascending: all when they fit, else `selected` and the
/// heaviest that fit beside it and a segment of width `more`; none when not even one does beside `selected`. Pure.
std::vector<std::size_t> shown_segments(std::span<const float> widths, float more, float room, std::size_t selected,
                                        std::span<const int> weights = {});

}  // namespace knobscope::gui
