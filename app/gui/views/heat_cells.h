#pragma once
// A map over two of what can be set: in each cell what was measured there, or who won it. Pure.

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gui/views/series.h"

namespace knobscope::gui {

/// What the map shows.
struct HeatChoice {
  std::string x;        ///< of heat_axes()
  std::string y;        ///< another one
  bool winner = false;  ///< the fastest right variant of each cell; else the selected variant
  Quantity quantity = Quantity::bytes_per_second;
  bool operator==(const HeatChoice&) const = default;
};

/// What is set, with axes that there are: `axes` is of heat_axes().
HeatChoice heat_choice_of(const ViewState& state, const std::vector<std::string>& axes);
/// Sets both axes; one that is chosen twice changes places with the other. `before` is what is set.
void set_heat_axes(ViewState& state, const HeatChoice& before, std::string x, std::string y);

struct HeatCell {
  PointPtr point;  ///< the fastest right one with any knobs that were tried; else one that is not; null: none yet
  std::vector<PointPtr> ties;   ///< with it, the fastest of each other variant, fastest first
  int slot = 0;                 ///< of the point's variant
  std::optional<double> value;  ///< the quantity of a right point
  bool is_empty() const { return point == nullptr; }
  bool is_right() const { return value.has_value(); }
};

struct HeatMap {
  std::vector<double> x;  ///< values of the axes, ascending
  std::vector<double> y;
  std::vector<HeatCell> cells;  ///< of all x for the first y, then for the next
  std::optional<double> least;
  std::optional<double> most;
  const HeatCell& at(std::size_t column, std::size_t row) const { return cells[row * x.size() + column]; }
};

/// Knobs of what is ticked, "columns", for LayerNorm "rows", and "type".
std::vector<std::string> heat_axes(const Snapshot& snapshot, const ViewState& state, const PointIndex* index = nullptr);
std::string heat_axis_title(std::string_view axis);
/// A value of an axis in words.
std::string heat_label(std::string_view axis, double value);

/// Every value that can be measured or was. With only one of rows and columns as an axis the other is as set, and with
/// columns alone there are as many rows as make about as many elements.
HeatMap make_heat_map(const Snapshot& snapshot, const ViewState& state, const HeatChoice& choice,
                      const std::function<PointPtr(const Point&)>& baseline = {}, const PointIndex* index = nullptr);

/// Whether empty cells can be measured now.
bool can_measure_cells(const ViewContext& context);

/// What measuring a cell asks for: the selected variant there, or every ticked one, other knobs as set. Empty where
/// nothing can be measured.
std::vector<PointRequest> cell_requests(const Snapshot& snapshot, const ViewState& state, const HeatChoice& choice,
                                        double x, double y);

/// For each of `requests` the index in map.cells that its result would stand in; nothing where it belongs to no cell.
std::vector<std::optional<std::size_t>> cells_of(const ViewState& state, const HeatChoice& choice, const HeatMap& map,
                                                 std::span<const PointRequest> requests);

}  // namespace knobscope::gui
