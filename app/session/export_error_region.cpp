#include "session/export_error_region.h"

#include <fmt/format.h>

#include "core/knobs.h"
#include "session/csv_field.h"
#include "session/json_value.h"
#include "session/output_error_json.h"

namespace knobscope::session {
namespace {

struct Element {
  std::int64_t row = 0;
  std::int64_t column = 0;
  std::int64_t index = 0;
};

Element element_at(const ErrorRegion& region, std::size_t place) {
  const Area& area = region.request.area;
  const auto at = static_cast<std::int64_t>(place);
  const std::int64_t row = area.row + at / area.columns;
  const std::int64_t column = area.column + at % area.columns;
  return {row, column, region.view.index(row, column)};
}

Json slice_json(const ErrorRegion& region) {
  const std::optional<Slice>& slice = region.request.slice;
  if (!slice) return nullptr;
  Json list = Json::array();
  for (int dim = 0; dim < static_cast<int>(slice->at.size()); ++dim) {
    const bool shown = dim == slice->row_dim || dim == slice->column_dim;
    list.push_back(shown ? Json(nullptr) : Json(slice->at[static_cast<std::size_t>(dim)]));
  }
  return list;
}

Json histogram_json(const UlpHistogram& histogram) {
  Json list = Json::array();
  for (int bin = 0; bin < static_cast<int>(histogram.size()); ++bin) {
    const std::int64_t count = histogram[static_cast<std::size_t>(bin)];
    if (count == 0) continue;
    const UlpRange range = range_of_bin(bin);
    list.push_back({{"low", number(range.low)}, {"high", number(range.high)}, {"count", count}});
  }
  return list;
}

/// Row by row; infinite where an element is unwritten or wrongly not a number: null in JSON.
Json tiles_json(const ErrorMap& map) {
  Json rows = Json::array();
  for (int row = 0; row < map.tile_rows; ++row) {
    Json line = Json::array();
    for (int column = 0; column < map.tile_columns; ++column) {
      line.push_back(number(map.max_abs[static_cast<std::size_t>(row * map.tile_columns + column)]));
    }
    rows.push_back(std::move(line));
  }
  return rows;
}

Json elements_json(const ErrorRegion& region) {
  if (!region.elements) return nullptr;
  const ErrorElements& elements = *region.elements;
  Json list = Json::array();
  for (std::size_t place = 0; place < elements.values.size(); ++place) {
    const Element at = element_at(region, place);
    list.push_back({{"row", at.row},
                    {"column", at.column},
                    {"index", at.index},
                    {"value", number(elements.values[place])},
                    {"reference", number(elements.references[place])},
                    {"difference", number(elements.values[place] - elements.references[place])},
                    {"ulp", number(elements.ulps[place])},
                    {"allowed", number(elements.allowed[place])},
                    {"fails", elements.fails(place)},
                    {"unwritten", elements.is_unwritten(place)}});
  }
  return list;
}

}  // namespace

TileSpan span_of_tile(std::int64_t tile, std::int64_t tiles, std::int64_t extent) {
  // The tile of row r is r * tiles / extent, rounded down.
  const auto begin = [&](std::int64_t of) { return (of * extent + tiles - 1) / tiles; };
  return {begin(tile), begin(tile + 1) - 1};
}

std::string error_region_to_json(const ErrorRegion& region) {
  const ErrorRequest& request = region.request;
  const Problem& problem = request.point.problem;
  Json object;
  object["version"] = KNOBSCOPE_VERSION;
  object["device"] = request.point.device;
  object["operation"] = name_of(problem.operation);
  object["shape"] = problem.shape;
  object["normalized_dims"] = problem.normalized_dims;
  object["dtype"] = name_of(problem.type);
  object["layout"] = name_of(problem.layout);
  object["distribution"] = name_of(problem.distribution.kind);
  object["offset"] = problem.distribution.offset;
  object["seed"] = problem.seed;
  object["variant_id"] = request.point.variant;
  object["knobs"] = Json(std::map<std::string, std::int64_t>(request.point.knobs.begin(), request.point.knobs.end()));
  object["output"] = request.output;
  object["slice"] = slice_json(region);
  object["rows"] = region.view.rows;
  object["columns"] = region.view.columns;
  object["area"] = {{"row", request.area.row},
                    {"column", request.area.column},
                    {"rows", request.area.rows},
                    {"columns", request.area.columns}};
  object["error"] = output_json(region.error);
  object["ulp_histogram"] = histogram_json(region.histogram);
  object["measure"] = name_of(request.measure);
  object["tolerance"] = number(region.map->tolerance);
  object["tiles"] = tiles_json(*region.map);
  object["elements"] = elements_json(region);
  return object.dump(2) + "\n";
}

std::string error_region_to_csv(const ErrorRegion& region) {
  if (region.elements) {
    const ErrorElements& elements = *region.elements;
    std::string text = "row,column,index,value,reference,difference,ulp,allowed,fails,unwritten\r\n";
    for (std::size_t place = 0; place < elements.values.size(); ++place) {
      const Element at = element_at(region, place);
      text +=
          fmt::format("{},{},{},{},{},{},{},{},{:d},{:d}\r\n", at.row, at.column, at.index,
                      csv_number(elements.values[place]), csv_number(elements.references[place]),
                      csv_number(elements.values[place] - elements.references[place]), csv_number(elements.ulps[place]),
                      csv_number(elements.allowed[place]), elements.fails(place), elements.is_unwritten(place));
    }
    return text;
  }
  const ErrorMap& map = *region.map;
  const Area& area = region.request.area;
  std::string text =
      fmt::format("first_row,last_row,first_column,last_column,max_{}\r\n", name_of(region.request.measure));
  for (int row = 0; row < map.tile_rows; ++row) {
    const TileSpan rows = span_of_tile(row, map.tile_rows, area.rows);
    for (int column = 0; column < map.tile_columns; ++column) {
      const TileSpan columns = span_of_tile(column, map.tile_columns, area.columns);
      const float largest = map.max_abs[static_cast<std::size_t>(row * map.tile_columns + column)];
      text +=
          fmt::format("{},{},{},{},{}\r\n", area.row + rows.first, area.row + rows.last, area.column + columns.first,
                      area.column + columns.last, csv_number(static_cast<double>(largest)));
    }
  }
  return text;
}

}  // namespace knobscope::session
