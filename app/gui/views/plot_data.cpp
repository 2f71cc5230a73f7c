#include "gui/views/plot_data.h"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

#include "gui/views/lenses.h"
#include "gui/views/results_view.h"
#include "gui/views/series.h"
#include "session/export.h"

namespace knobscope::gui {
namespace {

constexpr std::array<std::string_view, 6> kWithData = {"Throughput", "Error", "Scope", "Time", "Error map", "Results"};

/// The points of the large plot.
std::vector<PointPtr> points_of_lens(const ViewContext& context) {
  const ViewState& state = context.state;
  Freedom free;
  switch (state.lens) {
    case Lens::lines:
    case Lens::error:
      return matching_points(context.snapshot, state, state.x_axis, {}, &context.index);
    case Lens::heat:
      free.knobs = true;
      for (const std::string& axis : {state.heat_x, state.heat_y}) {
        free.shape = free.shape || axis == "columns" || axis == "rows";
        free.type = free.type || axis == "type";
      }
      break;
    case Lens::trade:
    case Lens::roofline:
    case Lens::compare:
      free.knobs = true;
      break;
  }
  return matching_points(context.snapshot, state, {}, free, &context.index);
}

std::string samples_of_point(const Point& point) {
  std::string csv = "point,technique,sample,seconds\n";
  for (const Timing timing : kTimings) {
    const Samples& samples = point.samples(timing);
    if (!samples) continue;
    for (std::size_t i = 0; i < samples->size(); ++i) {
      csv += fmt::format("{},{},{},{}\n", point.request.id, name_of(timing), i, (*samples)[i] * 1e-9);
    }
  }
  return csv;
}

/// Tiles by the first row and column of the tensor that they stand for.
std::string tiles_of(const ErrorMap& map) {
  std::string csv = "row,column,max_abs_error,tolerance\n";
  for (int row = 0; row < map.tile_rows; ++row) {
    for (int column = 0; column < map.tile_columns; ++column) {
      const auto at =
          static_cast<std::size_t>(row) * static_cast<std::size_t>(map.tile_columns) + static_cast<std::size_t>(column);
      csv += fmt::format("{},{},{},{}\n", map.rows * row / map.tile_rows, map.columns * column / map.tile_columns,
                         map.max_abs[at], map.tolerance);
    }
  }
  return csv;
}

std::string csv_of(const std::vector<PointPtr>& points) {
  return points.empty() ? std::string() : session::to_csv(points);
}

}  // namespace

bool has_data(std::string_view title) { return std::ranges::find(kWithData, title) != kWithData.end(); }

std::string data_of(std::string_view title, const ViewContext& context) {
  const ViewState& state = context.state;
  if (title == "Throughput") return csv_of(points_of_lens(context));
  if (title == "Error") return csv_of(matching_points(context.snapshot, state, state.x_axis, {}, &context.index));
  if (title == "Results") return csv_of(shown_rows(context, ResultColumn::rate, false));
  const PointPtr point = focused_point(context.snapshot, state, &context.index);
  if (!point) return {};
  if (title == "Scope") return point->headline_timing() ? samples_of_point(*point) : std::string();
  if (title == "Time") return csv_of({point});
  if (title == "Error map") return point->error && point->error->map ? tiles_of(*point->error->map) : std::string();
  return {};
}

}  // namespace knobscope::gui
