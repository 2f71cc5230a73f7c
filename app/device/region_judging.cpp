#include "device/region_judging.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace knobscope::device {
namespace {

using numerics::Measure;

static_assert(static_cast<int>(Measure::absolute) == static_cast<int>(ErrorMeasure::absolute));
static_assert(static_cast<int>(Measure::tolerance) == static_cast<int>(ErrorMeasure::tolerance));
static_assert(static_cast<int>(Measure::ulp) == static_cast<int>(ErrorMeasure::ulp));
static_assert(numerics::kBins == kUlpBins && numerics::kEvenBins == kEvenUlpBins);

ErrorElements listed(const std::vector<numerics::ElementJudgement>& judged) {
  ErrorElements elements;
  for (const numerics::ElementJudgement& each : judged) {
    if (each.unwritten != 0) elements.unwritten.push_back(static_cast<std::int64_t>(elements.values.size()));
    elements.values.push_back(each.value);
    elements.references.push_back(each.reference);
    elements.allowed.push_back(each.allowed);
    elements.ulps.push_back(each.ulp);
  }
  return elements;
}

/// Where the map's two ranges of colour meet, by the measure, at an element of typical size.
double typical_tolerance(const numerics::RegionTask& task, const numerics::ErrorTotals& totals) {
  if (task.measure == Measure::tolerance) return 1.0;
  const double rms =
      totals.compared > 0 ? std::sqrt(totals.sum_squared_reference / static_cast<double>(totals.compared)) : 0.0;
  const double tolerance = task.compare.absolute_tolerance + task.compare.relative_tolerance * rms;
  return task.measure == Measure::ulp ? tolerance / numerics::unit_in_last_place(rms, task.compare.type) : tolerance;
}

}  // namespace

numerics::RegionTask region_task(const Problem& problem, const numerics::ReferenceInputs& inputs,
                                 const TensorInfo& output, const Buffer& actual, const RegionSpec& region) {
  const Area& area = region.area;
  const TensorView& view = region.view;
  const bool inside = area.row >= 0 && area.column >= 0 && area.rows > 0 && area.columns > 0 &&
                      area.row + area.rows <= view.rows && area.column + area.columns <= view.columns;
  const std::int64_t elements = elements_of(output, extents_of(problem));
  if (!inside || view.index(view.rows - 1, view.columns - 1) >= elements) {
    throw DeviceError(fmt::format("{} has no rows {} to {} and columns {} to {}", output.name, area.row,
                                  area.row + area.rows - 1, area.column, area.column + area.columns - 1));
  }
  numerics::RegionTask task;
  task.compare = compare_task(problem, inputs, output, actual, {});
  task.compare.elements = area.rows * area.columns;
  task.compare.map_rows = area.rows;
  task.compare.map_columns = area.columns;
  task.compare.tile_rows = static_cast<int>(std::min<std::int64_t>(region.tiles.rows, area.rows));
  task.compare.tile_columns = static_cast<int>(std::min<std::int64_t>(region.tiles.columns, area.columns));
  task.first = view.index(area.row, area.column);
  task.row_stride = view.row_stride;
  task.column_stride = view.column_stride;
  task.measure = static_cast<Measure>(region.measure);
  return task;
}

RegionCounts empty_counts(const numerics::RegionTask& task, const RegionSpec& region) {
  const std::int64_t tiles = std::int64_t{task.compare.tile_rows} * task.compare.tile_columns;
  RegionCounts counts;
  counts.tiles.resize(static_cast<std::size_t>(tiles));
  counts.histogram.resize(kUlpBins);
  if (tiles == task.compare.elements && tiles <= region.most_elements) {
    counts.elements.resize(static_cast<std::size_t>(tiles));
  }
  return counts;
}

RegionComparison region_comparison_of(const numerics::RegionTask& task, const TensorInfo& output,
                                      const RegionCounts& counts) {
  Comparison whole = comparison_of(task.compare, output, counts.totals, counts.tiles);
  RegionComparison result;
  result.error = std::move(whole.error);
  auto map = std::make_shared<ErrorMap>(*whole.map);
  map->tolerance = typical_tolerance(task, counts.totals);
  result.map = std::move(map);
  result.histogram.assign(counts.histogram.begin(), counts.histogram.end());
  if (!counts.elements.empty()) result.elements = listed(counts.elements);
  return result;
}

}  // namespace knobscope::device
