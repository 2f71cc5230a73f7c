#include "gui/views/trade_off.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include "gui/widgets/format_number.h"

namespace knobscope::gui {
namespace {

bool is_right(Verdict verdict) {
  return verdict == Verdict::pass || verdict == Verdict::noisy || verdict == Verdict::throttled;
}

/// 1, 2, 5 of every decade, from the last one below all points to the first one above them.
void add_time_ticks(SeriesSet& set, double least, double most) {
  constexpr std::array<double, 3> steps = {1.0, 2.0, 5.0};
  std::vector<double> values;
  const int first = static_cast<int>(std::floor(std::log10(least)));
  const int last = static_cast<int>(std::floor(std::log10(most))) + 1;
  for (int exponent = first; exponent <= last; ++exponent) {
    for (const double step : steps) values.push_back(step * std::pow(10.0, exponent));
  }
  const auto below = std::upper_bound(values.begin(), values.end(), least * (1.0 + 1e-9)) - 1;
  const auto above = std::lower_bound(values.begin(), values.end(), most * (1.0 - 1e-9));
  for (auto it = below; it <= above && it != values.end(); ++it) {
    set.ticks.push_back({set.position_of(*it), format_time_tick(*it)});
  }
}

std::vector<PointPtr> front_of(std::vector<std::pair<double, double>> cost, std::vector<PointPtr> points) {
  std::vector<std::size_t> order(points.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&cost](std::size_t a, std::size_t b) { return cost[a] < cost[b]; });
  std::vector<PointPtr> front;
  double least_error = std::numeric_limits<double>::infinity();
  for (const std::size_t index : order) {
    if (!(cost[index].second < least_error)) continue;
    least_error = cost[index].second;
    front.push_back(points[index]);
  }
  return front;
}

}  // namespace

TradeOff make_trade_off(const Snapshot& snapshot, const ViewState& state, Quantity error, const PointIndex* index) {
  TradeOff result;
  const auto slots = series_slots(snapshot, state.plan.operation, device_kind_of(snapshot, state.plan.device), index);
  std::map<int, Series> by_slot;
  std::vector<std::pair<double, double>> cost;
  std::vector<PointPtr> right;
  double least = std::numeric_limits<double>::infinity();
  double most = 0.0;
  Freedom free;
  free.knobs = true;
  for (const PointPtr& point : matching_points(snapshot, state, {}, free, index)) {
    const std::optional<double> time = quantity_of(*point, Quantity::time);
    const std::optional<double> wrong = quantity_of(*point, error);
    const auto slot = slots.find(point->request.variant);
    if (!time || *time <= 0.0 || !wrong || slot == slots.end()) {
      ++result.without;
      continue;
    }
    least = std::min(least, *time);
    most = std::max(most, *time);
    Series& line = by_slot[slot->second];
    line.variant = point->request.variant;
    line.title = point->variant_title;
    line.slot = slot->second;
    SeriesPoint entry;
    entry.x = *time;
    entry.position = result.set.position_of(*time);
    entry.y = entry.low = entry.high = *wrong;
    entry.point = point;
    if (std::isfinite(*wrong) && *wrong > 0.0) {
      result.set.y_min = std::min(result.set.y_min.value_or(*wrong), *wrong);
      result.set.y_max = std::max(result.set.y_max.value_or(*wrong), *wrong);
    }
    line.points.push_back(std::move(entry));
    if (is_right(point->verdict) && std::isfinite(*wrong)) {
      cost.emplace_back(*time, *wrong);
      right.push_back(point);
    }
  }
  for (auto& [slot, line] : by_slot) {
    std::ranges::stable_sort(line.points, {}, &SeriesPoint::x);
    result.set.lines.push_back(std::move(line));
  }
  if (!result.set.empty()) add_time_ticks(result.set, least, most);
  result.front = front_of(std::move(cost), std::move(right));
  return result;
}

}  // namespace knobscope::gui
