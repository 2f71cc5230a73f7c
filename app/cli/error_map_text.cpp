#include "cli/error_map_text.h"

#include <array>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "core/knobs.h"
#include "session/number_text.h"

namespace knobscope::cli {
namespace {

using session::count_text;
using session::error_text;

constexpr std::size_t kMostElementsInWords = 128;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string place_text(const ErrorRegion& region, std::int64_t index) {
  const auto place = find_in(region.view, index);
  if (!place) return fmt::format("index {}", count_text(index));
  return fmt::format("[row {}, column {}]", count_text(place->first), count_text(place->second));
}

std::string errors_text(const ErrorRegion& region) {
  const OutputError& error = region.error;
  std::string text =
      fmt::format("max abs {} · max rel {} · rel L2 {} · rms {} · max ULP {}\n", error_text(error.max_abs),
                  error_text(error.max_rel), error_text(error.relative_l2), error_text(error.rms),
                  error.max_ulp < 1e15 ? fmt::format("{:.4g}", error.max_ulp) : error_text(error.max_ulp));
  if (error.failing == 0) return text + "all within tolerance\n";
  text += fmt::format("{} of {} past tolerance", count_text(error.failing), count_text(error.elements));
  if (error.nonfinite > 0) text += fmt::format(", {} not finite", count_text(error.nonfinite));
  if (error.unwritten > 0) text += fmt::format(", {} never written", count_text(error.unwritten));
  if (error.first_bad) {
    text += fmt::format("; the first at {}: {:.9g}, should be {:.9g}", place_text(region, *error.first_bad),
                        error.first_bad_value, error.first_bad_reference);
  }
  return text + "\n";
}

/// The bins of the histogram, put together where a line for each would be too many.
std::string histogram_text(const ErrorRegion& region) {
  constexpr std::array edges = {-kInfinity, -1024.0, -64.0, -8.0, -4.1, -0.5, 0.5, 4.1, 8.0, 64.0, 1024.0, kInfinity};
  std::string text = "error in ULP\n";
  for (std::size_t line = 0; line + 1 < edges.size(); ++line) {
    std::int64_t count = 0;
    for (int bin = 0; bin < kUlpBins; ++bin) {
      const UlpRange range = range_of_bin(bin);
      const double middle = std::isinf(range.low)    ? range.high
                            : std::isinf(range.high) ? range.low
                                                     : (range.low + range.high) / 2;
      if (middle > edges[line] && middle < edges[line + 1]) count += region.histogram[static_cast<std::size_t>(bin)];
    }
    if (count == 0) continue;
    const double share = static_cast<double>(count) / static_cast<double>(region.error.elements);
    const std::string label = std::isinf(edges[line])       ? fmt::format("below {:g}", edges[line + 1])
                              : std::isinf(edges[line + 1]) ? fmt::format("above {:g}", edges[line])
                                                            : fmt::format("{:g} to {:g}", edges[line], edges[line + 1]);
    text += fmt::format("  {:<14} {:>14}  {:>8}  {}\n", label, count_text(count), session::percent_text(share),
                        std::string(static_cast<std::size_t>(std::lround(share * 30.0)), '#'));
  }
  return text;
}

std::string elements_text(const ErrorRegion& region) {
  if (!region.elements || region.elements->values.size() > kMostElementsInWords) return {};
  const ErrorElements& elements = *region.elements;
  const Area& area = region.request.area;
  std::string text = fmt::format("{:>8} {:>8}  {:>16} {:>16} {:>12} {:>12} {:>11}\n", "row", "column", "value",
                                 "reference", "difference", "ULP", "allowed");
  for (std::size_t place = 0; place < elements.values.size(); ++place) {
    const auto at = static_cast<std::int64_t>(place);
    text +=
        fmt::format("{:>8} {:>8}  {:>16.9g} {:>16.9g} {:>12.3e} {:>12.4g} {:>11.2e}{}\n", area.row + at / area.columns,
                    area.column + at % area.columns, elements.values[place], elements.references[place],
                    elements.values[place] - elements.references[place], elements.ulps[place], elements.allowed[place],
                    elements.is_unwritten(place) ? "  never written"
                    : elements.fails(place)      ? "  past tolerance"
                                                 : "");
  }
  return text;
}

}  // namespace

std::string error_region_text(const ErrorRegion& region) {
  const ErrorRequest& request = region.request;
  const Problem& problem = request.point.problem;
  const Area& area = request.area;
  const std::string knobs = format_knobs(request.point.knobs);
  std::string text = fmt::format("{}{}{} · {} of {} {} {} · {}\n", request.point.variant, knobs.empty() ? "" : " ",
                                 knobs, request.output, name_of(problem.operation), format_shape(problem.shape, "x"),
                                 name_of(problem.type), request.point.device);
  text += fmt::format("rows {} to {}, columns {} to {} of {} × {}: {} elements in {} × {} tiles\n",
                      count_text(area.row), count_text(area.row + area.rows - 1), count_text(area.column),
                      count_text(area.column + area.columns - 1), count_text(region.view.rows),
                      count_text(region.view.columns), count_text(region.error.elements), region.map->tile_rows,
                      region.map->tile_columns);
  return text + errors_text(region) + histogram_text(region) + elements_text(region);
}

}  // namespace knobscope::cli
