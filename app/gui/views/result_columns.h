#pragma once
// The columns of the results: their titles and what stands in their cells. Pure.

#include <optional>
#include <span>
#include <string>

#include "gui/views/result_rows.h"

namespace knobscope::gui {

struct ColumnStyle {
  const char* title;
  ResultColumn column;
  float width;                  // design pixels; 0 stretches
  bool figure;                  // right-aligned, figures font
  const char* usual_unit = "";  // of a filter without one

  /// Whether its filter is a range: a shape is looked for as it is written.
  bool has_range() const { return figure && column != ResultColumn::shape; }
};

/// In their order.
std::span<const ColumnStyle> result_columns();

/// What stands in a cell; empty for the verdict, which is drawn. `baseline`: what the speed-up is over; null: none.
std::string cell_text(const Point& point, ResultColumn column, const PointPtr& baseline);
/// The figure that the cell shows; nothing where there is none.
std::optional<double> cell_figure(const Point& point, ResultColumn column, const PointPtr& baseline);

}  // namespace knobscope::gui
