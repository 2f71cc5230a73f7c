#include "gui/views/compare_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

namespace knobscope::gui {
namespace {

void put_in_order(CompareRows& all) {
  const auto has_ratio = [](const ComparedPoint& row) { return row.comparison.ratio.has_value(); };
  const auto rest = std::ranges::stable_partition(all.rows, has_ratio);
  all.with_ratio = all.rows.size() - rest.size();
  std::ranges::stable_sort(all.rows.begin(), rest.begin(), {},
                           [](const ComparedPoint& row) { return row.comparison.ratio->estimate; });
}

/// The same points with the device as it is called here: a session from another machine may number it otherwise.
std::vector<PointPtr> on_this_device(std::span<const PointPtr> points, const Snapshot& snapshot,
                                     const ViewState& state) {
  const DeviceFacts* device = snapshot.device(state.plan.device);
  std::vector<PointPtr> kept;
  for (const PointPtr& point : points) {
    if (point->request.problem.operation != state.plan.operation) continue;
    if (point->request.device == state.plan.device) {
      kept.push_back(point);
    } else if (device != nullptr && point->environment.device_name == device->name) {
      auto here = std::make_shared<Point>(*point);
      here->request.device = state.plan.device;
      kept.push_back(std::move(here));
    }
  }
  return kept;
}

/// The first, every fitting step, and the last: about ten, however many there are.
void add_ticks(SeriesSet& set, std::size_t count) {
  constexpr std::size_t kMost = 10;
  std::size_t step = 1;
  for (std::size_t power = 1; count / step > kMost; power *= 10) {
    for (const std::size_t each : {1, 2, 5}) {
      step = power * each;
      if (count / step <= kMost) break;
    }
  }
  const auto add = [&set](std::size_t place) {
    set.ticks.push_back({static_cast<double>(place), std::to_string(place)});
  };
  if (count > 0) add(1);
  for (std::size_t place = step > 1 ? step : 2; place + step / 2 < count; place += step) add(place);
  if (count > 1) add(count);
}

}  // namespace

std::int64_t CompareRows::count(Change change) const {
  return std::ranges::count_if(
      rows, [change](const ComparedPoint& row) { return !row.broken && row.comparison.change == change; });
}

std::int64_t CompareRows::broken() const {
  return std::ranges::count_if(rows, [](const ComparedPoint& row) { return row.broken; });
}

CompareRows Comparer::sessions(std::span<const PointPtr> base, const Snapshot& snapshot, const ViewState& state) {
  const std::vector<PointPtr> before = on_this_device(base, snapshot, state);
  const std::vector<PointPtr> after = on_this_device(*snapshot.points, snapshot, state);
  CompareRows all;
  all.rows = compare_sessions(before, after).points;
  put_in_order(all);
  return all;
}

void Comparer::choose(const Snapshot& snapshot, const ViewState& state,
                      const std::function<PointPtr(const Point&)>& baseline, const PointIndex* index) {
  chosen_.clear();
  left_out_ = done_ = 0;
  Freedom free;
  free.knobs = true;
  for (const PointPtr& point : matching_points(snapshot, state, {}, free, index)) {
    PointPtr base = baseline(*point);
    if (!base || base == point || !(base->request.problem.shape == point->request.problem.shape)) continue;
    chosen_.emplace_back(std::move(base), point);
  }
  const auto median = [](const Pair& pair) {
    const auto& summary = pair.second->headline();
    return summary ? summary->median.count() : std::numeric_limits<double>::infinity();
  };
  std::ranges::stable_sort(chosen_, {}, median);
  if (chosen_.size() <= kMostCompared) return;
  left_out_ = chosen_.size() - kMostCompared;
  chosen_.resize(kMostCompared);
}

CompareRows Comparer::go_on(std::chrono::nanoseconds patience) {
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  while (done_ < chosen_.size()) {
    compared(chosen_[done_++]);
    if (Clock::now() - begin >= patience) break;
  }
  CompareRows all;
  all.left_out = left_out_;
  all.waiting = chosen_.size() - done_;
  for (std::size_t i = 0; i < done_; ++i) all.rows.push_back(compared(chosen_[i]));
  put_in_order(all);
  return all;
}

const ComparedPoint& Comparer::compared(const Pair& pair) {
  constexpr std::size_t kMostKept = 20'000;
  const auto known = known_.find(pair);
  if (known != known_.end()) return known->second;
  if (known_.size() > kMostKept) known_.clear();
  return known_.emplace(pair, compare_points(pair.first, pair.second, kSameWithin)).first->second;
}

SeriesSet series_of(const CompareRows& rows, const Snapshot& snapshot, const ViewState& state,
                    const PointIndex* index) {
  SeriesSet set;
  set.form = AxisForm::linear;
  const auto slots = series_slots(snapshot, state.plan.operation, device_kind_of(snapshot, state.plan.device), index);
  std::map<int, Series> by_slot;
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    const ComparedPoint& row = rows.rows[i];
    const auto slot = slots.find(row.next->request.variant);
    if (slot == slots.end()) continue;
    SeriesPoint entry;
    entry.x = entry.position = static_cast<double>(i + 1);
    entry.point = row.next;
    if (const auto& ratio = row.comparison.ratio) {
      entry.y = ratio->estimate;
      entry.low = ratio->low;
      entry.high = ratio->high;
      set.y_min = std::min(set.y_min.value_or(entry.low), entry.low);
      set.y_max = std::max(set.y_max.value_or(entry.high), entry.high);
    }
    Series& line = by_slot[slot->second];
    line.variant = row.next->request.variant;
    line.title = row.next->variant_title;
    line.slot = slot->second;
    line.points.push_back(std::move(entry));
  }
  for (auto& [slot, line] : by_slot) set.lines.push_back(std::move(line));
  add_ticks(set, rows.rows.size());
  return set;
}

}  // namespace knobscope::gui
