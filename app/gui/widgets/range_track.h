#pragma once
// A range of figures, dragged.

#include <optional>

#include "gui/theme.h"
#include "gui/widgets/figure_range.h"
#include "gui/widgets/figure_spread.h"

namespace knobscope::gui {

/// What lasts from one frame of a drag to the next; one for all tracks, for only one of them is dragged at a time.
struct RangeDrag {
  double anchor = 0.0;      ///< the end that stays
  float grabbed_at = 0.0F;  ///< device pixels from the pointer to the end that moves
  float left = 0.0F;        ///< x of the track's ends when it was pressed: as rows leave, columns may move
  float right = 0.0F;
  bool began = false;  ///< a press alone changes nothing
};

float range_track_height(const Theme& theme);

/// A track of `width` device pixels from the smallest figure to the largest, over the counts of figures along it, with
/// a handle at each end of `range`; nothing is a range with open ends, which lie at the track's ends. Drag a handle, or
/// a new span between them; a double click opens both ends; arrow keys move the upper end while focused, with Shift the
/// lower one, Delete opens both. True in frames where `range` changed.
bool range_track(const Theme& theme, const char* id, const FigureSpread& spread, std::optional<FigureRange>& range,
                 float width, RangeDrag& drag);

}  // namespace knobscope::gui
