#pragma once
// Made-up answers of a device that is asked to look closely, for tests of the window. Nothing here was ever measured.

#include <cmath>
#include <memory>

#include "core/error_region.h"
#include "gui/harness.h"

namespace knobscope::test {

/// An error between 10^-8 and 10^-6 that depends on the place alone; 2·10^-3 in row 7 from column 31 on.
inline double sample_error(std::int64_t row, std::int64_t column, bool wrong) {
  if (wrong && row == 7 && column >= 31) return 2e-3;
  const double wave = std::sin(static_cast<double>(row) * 12.9898 + static_cast<double>(column) * 78.233) * 43758.5453;
  return std::pow(10.0, -8.0 + 2.0 * (wave - std::floor(wave)));
}

inline ErrorRegionPtr sample_region(const ErrorRequest& request, bool wrong) {
  auto region = std::make_shared<ErrorRegion>();
  region->request = request;
  const Problem& problem = request.point.problem;
  for (const TensorInfo* output : outputs_of(problem.operation)) {
    if (output->name == request.output) region->view = std::get<TensorView>(view_of(problem, *output, request.slice));
  }
  const Area& area = request.area;
  ErrorMap map;
  map.rows = area.rows;
  map.columns = area.columns;
  map.tile_rows = static_cast<int>(std::min<std::int64_t>(request.tile_rows, area.rows));
  map.tile_columns = static_cast<int>(std::min<std::int64_t>(request.tile_columns, area.columns));
  map.tolerance = 1.1e-5;
  region->histogram.assign(kUlpBins, 0);
  const bool listed = map.tile_rows == area.rows && map.tile_columns == area.columns;
  if (listed) region->elements.emplace();
  for (int down = 0; down < map.tile_rows; ++down) {
    for (int across = 0; across < map.tile_columns; ++across) {
      // A few of the tile's elements stand for all of them, its first and last row among them.
      const std::int64_t top = area.row + down * area.rows / map.tile_rows;
      const std::int64_t bottom = std::max(area.row + (down + 1) * area.rows / map.tile_rows - 1, top);
      const std::int64_t column = area.column + across * area.columns / map.tile_columns;
      double largest = std::max(sample_error(top, column, wrong), sample_error(bottom, column, wrong));
      if (wrong && top <= 7 && bottom >= 7) largest = std::max(largest, sample_error(7, column, wrong));
      map.max_abs.push_back(static_cast<float>(largest));
      const double ulp = largest / 1.2e-7 * ((top + column) % 2 == 0 ? 1.0 : -1.0);
      const int steps = std::min(static_cast<int>(std::lround(std::abs(ulp) * 5.0)), kUlpMiddle);
      ++region->histogram[static_cast<std::size_t>(kUlpMiddle + (ulp < 0.0 ? -steps : steps))];
      if (!listed) continue;
      region->elements->references.push_back(0.5);
      region->elements->values.push_back(0.5 + (ulp < 0.0 ? -largest : largest));
      region->elements->allowed.push_back(1.1e-5);
      region->elements->ulps.push_back(ulp);
    }
  }
  region->error.output = request.output;
  region->error.elements = area.rows * area.columns;
  region->error.max_abs = *std::ranges::max_element(map.max_abs);
  region->error.max_ulp = region->error.max_abs / 1.2e-7;
  region->error.failing = region->error.max_abs > 1.1e-5 ? 4065 : 0;
  region->map = std::make_shared<const ErrorMap>(std::move(map));
  return region;
}

/// Answers all that was asked since the last call, as a device would; the questions, the latest last.
inline std::vector<ErrorRequest> answer_looks(Harness& harness, bool first_is_wrong = false) {
  std::vector<ErrorRequest> asked;
  for (const worker::Command& command : harness.sink().take()) {
    const auto* look = std::get_if<worker::LookAtErrors>(&command);
    if (look == nullptr) continue;
    asked.push_back(look->request);
    const auto slot = static_cast<std::size_t>(look->request.slot);
    harness.snapshot().error_regions[slot] = sample_region(look->request, first_is_wrong && slot == 0);
    ++harness.snapshot().revision;
  }
  return asked;
}

}  // namespace knobscope::test
