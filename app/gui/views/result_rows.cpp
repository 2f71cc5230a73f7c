#include "gui/views/result_rows.h"

#include <algorithm>
#include <cctype>
#include <functional>
#include <optional>
#include <sstream>
#include <utility>

#include "core/statistics.h"
#include "core/verdict.h"

namespace knobscope::gui {
namespace {

std::string lowered(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return text;
}

std::string searchable(const Point& point) {
  const Problem& problem = point.request.problem;
  std::string text = point.variant_title + ' ' + point.variant_name + ' ' + format_knobs(point.request.knobs) + ' ' +
                     format_shape(problem.shape) + ' ' + std::string(name_of(problem.type)) + ' ' +
                     std::string(name_of(problem.distribution.kind)) + ' ' + point.request.device + ' ' +
                     std::string(name_of(problem.operation)) + ' ' + std::string(name_of(point.verdict));
  return lowered(std::move(text));
}

std::string word(const Point& point, ResultColumn column) {
  switch (column) {
    case ResultColumn::variant:
      return point.request.variant;
    case ResultColumn::type:
      return std::string(name_of(point.request.problem.type));
    case ResultColumn::verdict:
      return std::string(name_of(point.verdict));
    default:
      return {};
  }
}

bool by_number(ResultColumn column) {
  return column != ResultColumn::variant && column != ResultColumn::type && column != ResultColumn::verdict &&
         column != ResultColumn::knobs;
}

/// Each point's number is worked out once. What has none comes last.
void sort_by_number(const std::vector<PointPtr>& points, std::vector<std::size_t>& places, ResultColumn column,
                    bool ascending) {
  using Keyed = std::pair<std::optional<double>, std::size_t>;
  std::vector<Keyed> keyed;
  keyed.reserve(places.size());
  for (const std::size_t place : places) keyed.emplace_back(figure_of(*points[place], column), place);
  std::ranges::stable_sort(keyed, [ascending](const Keyed& a, const Keyed& b) {
    if (!a.first || !b.first) return a.first.has_value() && !b.first.has_value();
    return ascending ? *a.first < *b.first : *a.first > *b.first;
  });
  std::ranges::transform(keyed, places.begin(), &Keyed::second);
}

}  // namespace

std::optional<double> figure_of(const Point& point, ResultColumn column) {
  switch (column) {
    case ResultColumn::median:
      return point.headline() ? std::optional(point.headline()->median.count()) : std::nullopt;
    case ResultColumn::p99: {
      const auto timing = point.headline_timing();
      const Samples samples = timing ? point.samples(*timing) : nullptr;
      return samples ? quantile(*samples, 0.99) : std::nullopt;
    }
    case ResultColumn::rate:
    case ResultColumn::baseline: {
      const auto rate = point.bandwidth();
      return rate ? std::optional(rate->value) : std::nullopt;
    }
    case ResultColumn::copy:
      return point.copy_fraction();
    case ResultColumn::error: {
      const OutputError* error = point.error ? point.error->main() : nullptr;
      return error != nullptr ? std::optional(error->max_abs) : std::nullopt;
    }
    case ResultColumn::shape:
      return static_cast<double>(extents_of(point.request.problem).elements);
    default:
      return std::nullopt;
  }
}

std::vector<std::size_t> listed_points(const std::vector<PointPtr>& points, const std::string& filter,
                                       ResultColumn column, bool ascending) {
  std::vector<std::string> words;
  std::istringstream stream(lowered(filter));
  for (std::string next; stream >> next;) words.push_back(next);

  std::vector<std::size_t> places;
  places.reserve(points.size());
  for (std::size_t place = 0; place < points.size(); ++place) {
    const std::string text = words.empty() ? std::string() : searchable(*points[place]);
    const bool fits = std::all_of(words.begin(), words.end(), [&text](const std::string& wanted) {
      return text.find(wanted) != std::string::npos;
    });
    if (fits) places.push_back(place);
  }
  if (by_number(column)) {
    sort_by_number(points, places, column, ascending);
    return places;
  }
  std::ranges::stable_sort(places, [&](std::size_t one, std::size_t other) {
    const Point& a = *points[ascending ? one : other];
    const Point& b = *points[ascending ? other : one];
    if (column == ResultColumn::knobs) return a.request.knobs < b.request.knobs;
    return word(a, column) < word(b, column);
  });
  return places;
}

std::vector<PointPtr> result_rows(const std::vector<PointPtr>& points, const std::string& filter, ResultColumn column,
                                  bool ascending) {
  std::vector<PointPtr> rows;
  for (const std::size_t place : listed_points(points, filter, column, ascending)) rows.push_back(points[place]);
  return rows;
}

}  // namespace knobscope::gui
