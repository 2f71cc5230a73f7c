#pragma once
// From points to lines: which of the measured points belong to the plot at hand, where each stands, and how far
// it may be off. Pure functions, shared by every plot, so that colours and filters are the same everywhere.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/point.h"
#include "core/snapshot.h"
#include "core/variant.h"
#include "gui/views/matching.h"
#include "gui/views/view.h"

namespace knobscope::gui {

class PointIndex;

/// One point of a line. `low` and `high` bound the 95 % interval where the quantity has one.
struct SeriesPoint {
  double x = 0.0;         ///< the axis' own value: a knob, a row length, an offset
  double position = 0.0;  ///< where it stands: SeriesSet::position_of
  std::optional<double> y;
  double low = 0.0;
  double high = 0.0;
  PointPtr point;
};

/// One variant's line, in x order. Points without a number (failed, does not fit) have no y and stand on the floor.
struct Series {
  std::string variant;  ///< Variant::id
  std::string title;
  int slot = 0;  ///< place in story order: chooses colour, marker and dashes
  std::vector<SeriesPoint> points;
};

struct AxisTick {
  double position = 0.0;
  std::string label;
};

struct SeriesSet {
  std::vector<Series> lines;
  std::vector<AxisTick> ticks;  ///< every x that has a point, in order
  std::optional<double> y_min;  ///< over all numbers, intervals included
  std::optional<double> y_max;
  AxisForm form = AxisForm::log2;
  bool from_zero = false;  ///< zero, or less, is among the values
  bool empty() const { return lines.empty(); }
  /// x itself, or its base-2 logarithm (that of 1 + x when zero is among the values).
  double position_of(double x) const;
};

/// The x value of a point on an axis: a knob's name, "columns" or "offset". Nothing when the point has no such knob.
std::optional<double> axis_value(const Point& point, std::string_view axis);

/// A quantity of a point, and the 95 % interval it lies in; both ends are the value where there is none.
struct Reading {
  double value = 0.0;
  double low = 0.0;
  double high = 0.0;
};

/// Nothing when it was not measured, and no speed-up without a `baseline`. Errors are those of the operation's main
/// output. The interval of a speed-up is as wide as those of both times allow.
std::optional<Reading> reading_of(const Point& point, Quantity quantity, const Point* baseline = nullptr);
/// The same without its interval.
std::optional<double> quantity_of(const Point& point, Quantity quantity);

/// The kind of the device with an id: what the snapshot says of it, else what such an id means.
DeviceKind device_kind_of(const Snapshot& snapshot, std::string_view id);

/// Story-order slot of every variant: those of the catalog for the operation and kind of device first, then variants
/// that only recorded points know, in order of appearance. Slots choose colours, the same in every panel.
/// Here and below an `index` of the snapshot's points makes it quick; without one all points are looked through.
std::map<std::string, int, std::less<>> series_slots(const Snapshot& snapshot, Operation operation, DeviceKind device,
                                                     const PointIndex* index = nullptr);

/// How many ticked variants each of `axes` bears on: a knob those that have it, row length and offset all. Pure.
std::vector<int> axis_weights(const Snapshot& snapshot, const ViewState& state, const std::vector<std::string>& axes);

struct SeriesOptions {
  AxisForm form = AxisForm::log2;
  const PointIndex* index = nullptr;
  std::function<PointPtr(const Point&)> baseline = {};  ///< what a point's speed-up is over; may return null
};

/// Lines over `axis` in story order.
SeriesSet make_series(const Snapshot& snapshot, const ViewState& state, std::string_view axis, Quantity quantity,
                      const SeriesOptions& options = {});

/// The axes that make sense for what is ticked: every knob of a ticked variant with more than one value, then
/// "columns", then "offset" when the distribution has one.
std::vector<std::string> available_axes(const Snapshot& snapshot, const ViewState& state,
                                        const PointIndex* index = nullptr);

/// "96", "4 096", "32 Ki" (32 768): a value of an axis in words.
std::string tick_label(double x);

/// "block", "row length", "offset": how an axis is called on screen.
std::string axis_title(std::string_view axis);

/// The selected point (once its source has changed, its successor), or the selected variant's at the knobs that are
/// set, or its latest on this device, or the latest of all on this device; null when there is none.
PointPtr focused_point(const Snapshot& snapshot, const ViewState& state, const PointIndex* index = nullptr);

/// Selects a point in every panel. While a recorded session is read, its problem and knobs become what is shown, so
/// that any row of the results leads to its plot.
void select_point(ViewState& state, const Point& point);

/// The point with an id; null when there is none.
PointPtr find_point(const Snapshot& snapshot, std::int64_t id, const PointIndex* index = nullptr);

}  // namespace knobscope::gui
