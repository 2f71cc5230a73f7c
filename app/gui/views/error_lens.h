#pragma once
// Error: how wrong each ticked variant is, over a knob, the row length or the offset, with the tolerance and, over the
// offset, with what rounding must cost.

#include "gui/views/kept.h"
#include "gui/views/line_plot.h"
#include "gui/views/view.h"

namespace knobscope::gui {

class ErrorLens {
 public:
  /// Draws its controls on the rest of the line, and the plot below them.
  void draw(ViewContext& context);
  /// Which error it shows: see error_chooser.h.
  int& error_shown() { return quantity_; }

 private:
  Kept<SeriesSet> set_;
  LinePlot plot_;
  int quantity_ = 0;  ///< 0: max abs, 1: relative L2
};

/// What sums in f32 cost over the offset, to first order, in units of sigma: a mean rounded to f32 is off by up to u
/// times the offset; a variance from sums of squares by u times (1 + offset²), and half of that is y's relative error.
/// u = 2⁻²⁴. Empty on other axes. Pure.
std::vector<ReferenceCurve> rounding_bounds(const SeriesSet& set, std::string_view axis, const Theme& theme);

}  // namespace knobscope::gui
