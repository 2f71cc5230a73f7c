#pragma once
// What is typed above a column of the results, and which cells it lets through. Pure.

#include <optional>
#include <string>
#include <string_view>

namespace knobscope::gui {

/// A cell of the results.
struct FilteredCell {
  std::string text;              ///< as shown
  std::optional<double> number;  ///< of a figure: nanoseconds, bytes a second, a share, a ratio, an error, elements
  bool is_figure = false;
  std::string_view usual_unit;  ///< of a figure that is typed without a unit: "µs", "GB/s", "%"; empty: as it is
};

/// Words: every one must be found, in any case. Figures: a range as read_range() has it. A figure that does not exist
/// passes no filter but an empty one. What is no figure is looked for as words.
bool lets_through(std::string_view filter, const FilteredCell& cell);

}  // namespace knobscope::gui
