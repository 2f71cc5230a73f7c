#include "gui/views/compare_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "gui/widgets/format_number.h"

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
    set.ticks.push_back({static_cast<double>(place), format_count(static_cast<std::int64_t>(place))});
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

void Comparer::begin(std::vector<Pair> chosen, std::size_t left_out) {
  chosen_ = std::move(chosen);
  left_out_ = left_out;
  done_.clear();
  take_in();
}

void Comparer::choose_sessions(std::span<const PointPtr> base, const Snapshot& snapshot, const ViewState& state) {
  const std::vector<PointPtr> before = on_this_device(base, snapshot, state);
  const std::vector<PointPtr> after = on_this_device(*snapshot.points, snapshot, state);
  begin(pair_sessions(before, after).pairs, 0);
}

void Comparer::choose(const Snapshot& snapshot, const ViewState& state,
                      const std::function<PointPtr(const Point&)>& baseline, const PointIndex* index) {
  std::vector<Pair> chosen;
  Freedom free;
  free.knobs = true;
  for (const PointPtr& point : matching_points(snapshot, state, {}, free, index)) {
    PointPtr base = baseline(*point);
    if (!base || base == point || !(base->request.problem.shape == point->request.problem.shape)) continue;
    chosen.emplace_back(std::move(base), point);
  }
  const auto median = [](const Pair& pair) {
    const auto& summary = pair.second->headline();
    return summary ? summary->median.count() : std::numeric_limits<double>::infinity();
  };
  std::ranges::stable_sort(chosen, {}, median);
  const std::size_t kept = std::min(chosen.size(), kMostCompared);
  const std::size_t left_out = chosen.size() - kept;
  chosen.resize(kept);
  begin(std::move(chosen), left_out);
}

const CompareRows& Comparer::go_on(std::chrono::nanoseconds patience) {
  const auto start = Clock::now();
  while (done_.size() < chosen_.size()) {
    done_.push_back(compared(chosen_[done_.size()]));
    if (Clock::now() - start >= patience) break;
  }
  rows_.waiting = chosen_.size() - done_.size();
  // To put many in order takes longer than a frame has.
  constexpr std::size_t kFew = 2'000;
  constexpr std::chrono::milliseconds kNowAndThen{500};
  if (rows_.waiting == 0 || rows_.rows.empty() || done_.size() <= kFew || Clock::now() - taken_in_at_ >= kNowAndThen)
    take_in();
  return rows_;
}

void Comparer::take_in() {
  rows_ = CompareRows();
  rows_.left_out = left_out_;
  rows_.waiting = chosen_.size() - done_.size();
  rows_.rows = done_;
  put_in_order(rows_);
  taken_in_at_ = Clock::now();
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
