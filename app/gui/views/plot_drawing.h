#pragma once
// What a plot of lines draws between its axes, between ImPlot's SetupFinish and EndPlot.

#include <limits>
#include <optional>
#include <span>
#include <vector>

#include <imgui.h>

#include "gui/views/level_of_detail.h"
#include "gui/views/line_plot.h"

namespace knobscope::gui {

/// Dashed lines, and their names to the right of `end`, where no point stands. Zoomed in, or with `labels_inside`, the
/// names stand over the plot, at its right edge and above their lines.
void draw_references(ImDrawList* list, std::span<const ReferenceLine> references, double end,
                     const LinePlotStyle& style, const Theme& theme);

/// One frame of a plot. Where points would cover each other it draws one mark for several.
class PlotDrawing {
 public:
  /// Places all points of the set, which must outlive it.
  PlotDrawing(const SeriesSet& set, const LinePlotStyle& style, const Theme& theme,
              std::optional<std::int64_t> selected);

  /// The intervals of each line's points, joined as the points are. Below the lines.
  void bands();
  void lines();
  void path(std::span<const PathPoint> corners);
  /// Names of curves under each other at the lower right, each behind a piece of its line.
  void curve_list(std::span<const ReferenceCurve> curves);
  /// Its name stands where it leaves the plot.
  void curve(const ReferenceCurve& curve);
  /// Names of corners, over the points; what has no room stays away.
  void names(std::span<const PathPoint> corners);
  void live(const LiveMark& mark);
  /// "20 000 points drawn as 1 432 marks", where it is so.
  void detail_note();

  /// The point under the mouse; null when there is none.
  const PointPtr& nearest() const { return nearest_; }
  /// How many other points stand where that one does.
  std::size_t beside_nearest() const;

 private:
  bool on_plot(const SeriesPoint& point) const;
  bool has_interval(const SeriesPoint& point) const;
  ImVec2 place_of(const PathPoint& corner) const;
  PlacedPoint place_of(const SeriesPoint& point, int slot) const;
  bool is_exact(const SeriesPoint& point) const;
  void line(const Series& series, std::size_t first);
  /// The line through the points, from where one stands to the next.
  void strokes(const Series& series, std::size_t first, const SeriesStyle& look);
  void segment(ImVec2 from, ImVec2 to, const SeriesStyle& look);
  void interval(const SeriesPoint& point, const SeriesStyle& look);
  void mark(const SeriesPoint& point, ImVec2 at, const SeriesStyle& look, int slot);
  void look_for_mouse(const SeriesPoint& point, ImVec2 at);

  const SeriesSet& set_;
  const LinePlotStyle& style_;
  const Theme& theme_;
  std::optional<std::int64_t> selected_;
  ImDrawList* list_;
  ImVec2 mouse_;
  ImVec2 low_;  ///< corners of the plot
  ImVec2 high_;
  float floor_ = 0.0F;
  std::vector<PlacedPoint> places_;  ///< of all points, line by line
  Detail detail_;
  PointPtr nearest_;
  ImVec2 nearest_at_;
  float nearest_distance_ = std::numeric_limits<float>::infinity();
};

}  // namespace knobscope::gui
