#pragma once
// Lines of variants over an axis, drawn the same way in every plot: a colour, marker and dash a variant, a band and a
// bar for the interval, what has no number on the floor with its reason.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "gui/theme.h"
#include "gui/views/plot_keys.h"
#include "gui/views/point_card.h"
#include "gui/views/series.h"
#include "gui/widgets/focus.h"

namespace knobscope::gui {

/// A corner of a line laid over the plot; labelled where it has a name.
struct PathPoint {
  double position = 0.0;
  double y = 0.0;
  std::string label;
};

/// A line with a name at its right end, such as a ceiling or a tolerance: horizontal, or through corners where it is
/// another at each place.
struct ReferenceLine {
  double y = 0.0;  ///< at its right end
  std::string label;
  ImVec4 color;
  std::vector<PathPoint> corners = {};
};

/// The point being measured now: where it stands so far.
struct LiveMark {
  double position = 0.0;
  std::optional<double> y;
  int slot = 0;
};

/// A dashed line that is no variant's, with a name at its end.
struct ReferenceCurve {
  std::vector<PathPoint> corners;
  std::string label;
  ImVec4 color;
};

struct LinePlotStyle {
  bool log_y = true;
  bool from_zero = true;                      ///< an even y axis stands on zero
  std::string (*format_y)(double) = nullptr;  ///< tick labels
  std::string x_title;                        ///< with the y axis', what the picture is fitted anew for when it changes
  std::string y_title;
  bool joined = true;               ///< points of a variant hang together
  std::span<const PathPoint> path;  ///< in the accent, below the points
  std::span<const ReferenceCurve> curves;
  bool curve_list = false;     ///< names of curves in a list at the lower right instead of at their ends
  bool labels_inside = false;  ///< names of reference lines over the plot instead of in a margin of their own
  std::string floor_label;     ///< what standing on the floor means when it is not a failure ("exact"); may be empty
};

struct LinePlotResult {
  PointPtr hovered;
  PointPtr clicked;
  std::size_t beside = 0;                  ///< other points under the mark that is hovered
  std::optional<double> clicked_position;  ///< on the x axis, whether or not a point is there
};

/// Where thousands of points would cover each other one mark stands for several, and the plot says so (see
/// level_of_detail.h). Remembers only whether the person has zoomed, so that new points do not move the picture under
/// the hand. Double-click fits again. By the keyboard: arrows go from point to point, which is a click on each, plus
/// and minus zoom, Shift and arrows move, Home fits again.
class LinePlot {
 public:
  /// Draws into the rest of the window. `selected` is ringed. Must run between ImGui and ImPlot frames.
  LinePlotResult draw(const char* id, const SeriesSet& set, std::span<const ReferenceLine> references,
                      const std::optional<LiveMark>& live, std::optional<std::int64_t> selected,
                      const LinePlotStyle& style, const Theme& theme);

 private:
  /// What the axes are to span by the keys of this frame; the point that keys lead to goes into `result`.
  std::optional<PlotSpan> follow_keys(const FocusStop& stop, const SeriesSet& set, std::optional<std::int64_t> selected,
                                      bool log_y, LinePlotResult& result);

  PlotSpan span_;  ///< in the last frame
  bool moved_by_hand_ = false;
  std::string fitted_axes_;
};

/// The card of what a plot has under the mouse, where there is something: that of the point, and how many others stand
/// there.
void plot_tip(const Theme& theme, const LinePlotResult& result, const std::string& more = {});

}  // namespace knobscope::gui
