#pragma once
// Beside the maps: figures, and how the errors are spread in units in the last place.

#include <optional>
#include <span>
#include <utility>

#include <imgui.h>

#include "gui/views/error_lab.h"
#include "gui/views/view.h"

namespace knobscope::gui {

/// One of the variants that are looked at.
struct ErrorSubject {
  PointPtr point;
  ErrorRegionPtr region;  ///< null: the device was not asked, or has not answered
  int slot = 0;           ///< of its series
};

/// The figures of what is on screen, or of what was stored where nothing else is known. `rows`: at most so many.
void draw_error_figures(const ViewContext& context, const ErrorLab& lab, std::span<const ErrorSubject> subjects,
                        int rows);

/// Signed errors in ULP, counts on a logarithmic scale: the first filled, the second as a line. Nothing is drawn where
/// there is no answer or no room.
void draw_ulp_histogram(const ViewContext& context, std::span<const ErrorSubject> subjects, ImVec2 size);

/// First and last bin that are shown, both sides of 0 alike; nothing when all are empty. Pure.
std::optional<std::pair<int, int>> shown_bins(std::span<const UlpHistogram* const> histograms);

}  // namespace knobscope::gui
