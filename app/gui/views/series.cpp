#include "gui/views/series.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "gui/views/exploration.h"
#include "gui/views/point_index.h"
#include "gui/widgets/format_number.h"

namespace knobscope::gui {
namespace {

constexpr std::string_view kColumns = "columns";
constexpr std::string_view kOffset = "offset";

SeriesPoint to_series_point(const PointPtr& point, double x, Quantity quantity, const SeriesOptions& options) {
  SeriesPoint result;
  result.x = x;
  result.point = point;
  const PointPtr baseline = quantity == Quantity::speed_up && options.baseline ? options.baseline(*point) : nullptr;
  if (const std::optional<Reading> reading = reading_of(*point, quantity, baseline.get())) {
    result.y = reading->value;
    result.low = reading->low;
    result.high = reading->high;
  }
  return result;
}

void place_on_axis(SeriesSet& set) {
  std::set<double> values;
  for (const Series& line : set.lines) {
    for (const SeriesPoint& point : line.points) values.insert(point.x);
  }
  set.from_zero = !values.empty() && *values.begin() <= 0.0;
  for (Series& line : set.lines) {
    for (SeriesPoint& point : line.points) point.position = set.position_of(point.x);
  }
  for (const double x : values) set.ticks.push_back({set.position_of(x), tick_label(x)});
}

/// A rate and its like: largest where the time is smallest.
Reading rate_reading(double value, const std::optional<Summary>& summary) {
  if (!summary || summary->ci_low.count() <= 0.0) return {value, value, value};
  return {value, value * (summary->median / summary->ci_high), value * (summary->median / summary->ci_low)};
}

std::optional<Reading> rate_reading(std::optional<double> value, const std::optional<Summary>& summary) {
  return value ? std::optional(rate_reading(*value, summary)) : std::nullopt;
}

std::optional<Reading> speed_up_over(const Point& point, const Point* baseline) {
  if (baseline == nullptr || !baseline->headline() || !point.headline()) return std::nullopt;
  const Summary& own = *point.headline();
  const Summary& other = *baseline->headline();
  if (own.median.count() <= 0.0 || own.ci_low.count() <= 0.0) return std::nullopt;
  return Reading{other.median / own.median, other.ci_low / own.ci_high, other.ci_high / own.ci_low};
}

void bound(SeriesSet& set) {
  for (const Series& line : set.lines) {
    for (const SeriesPoint& point : line.points) {
      if (!point.y || !std::isfinite(*point.y)) continue;
      set.y_min = std::min(set.y_min.value_or(point.low), point.low);
      set.y_max = std::max(set.y_max.value_or(point.high), point.high);
    }
  }
}

/// The latest point of the present source that was asked for with the same words as `point`; null when there is none.
PointPtr successor_of(const Snapshot& snapshot, const Point& point) {
  PointRequest wanted = point.request;
  for (auto it = snapshot.points->rbegin(); it != snapshot.points->rend(); ++it) {
    wanted.id = (*it)->request.id;
    if (wanted == (*it)->request && source_is_current(*snapshot.catalog, wanted.variant, (*it)->source_hash))
      return *it;
  }
  return nullptr;
}

}  // namespace

DeviceKind device_kind_of(const Snapshot& snapshot, std::string_view id) {
  if (const DeviceFacts* device = snapshot.device(id)) return device->kind;
  if (id.starts_with(name_of(DeviceKind::cuda))) return DeviceKind::cuda;
  return id == name_of(DeviceKind::emulated) ? DeviceKind::emulated : DeviceKind::cpu;
}

std::optional<double> axis_value(const Point& point, std::string_view axis) {
  if (axis == kColumns) return static_cast<double>(extents_of(point.request.problem).columns);
  if (axis == kOffset) return point.request.problem.distribution.offset;
  const auto knob = point.request.knobs.find(axis);
  if (knob == point.request.knobs.end()) return std::nullopt;
  return static_cast<double>(knob->second);
}

double SeriesSet::position_of(double x) const {
  if (form == AxisForm::linear) return x;
  return from_zero ? std::log2(1.0 + std::max(x, 0.0)) : std::log2(x);
}

std::optional<Reading> reading_of(const Point& point, Quantity quantity, const Point* baseline) {
  const std::optional<Summary>& summary = point.headline();
  switch (quantity) {
    case Quantity::bytes_per_second: {
      const auto rate = point.bandwidth();
      return rate_reading(rate ? std::optional(rate->value) : std::nullopt, summary);
    }
    case Quantity::elements_per_second:
      return rate_reading(point.elements_per_second(), summary);
    case Quantity::copy_share:
      return rate_reading(point.copy_fraction(), summary);
    case Quantity::time:
      if (!summary) return std::nullopt;
      return Reading{summary->median.count(), summary->ci_low.count(), summary->ci_high.count()};
    case Quantity::speed_up:
      return speed_up_over(point, baseline);
    case Quantity::max_abs_error:
    case Quantity::relative_l2_error: {
      const OutputError* error = point.error ? point.error->main() : nullptr;
      if (error == nullptr) return std::nullopt;
      const double value = quantity == Quantity::max_abs_error ? error->max_abs : error->relative_l2;
      return Reading{value, value, value};
    }
  }
  return std::nullopt;
}

std::optional<double> quantity_of(const Point& point, Quantity quantity) {
  const std::optional<Reading> reading = reading_of(point, quantity);
  return reading ? std::optional(reading->value) : std::nullopt;
}

std::map<std::string, int, std::less<>> series_slots(const Snapshot& snapshot, Operation operation, DeviceKind device,
                                                     const PointIndex* index) {
  std::map<std::string, int, std::less<>> slots;
  int next = 0;
  for (const Variant* variant : variants_for(*snapshot.catalog, operation, device)) slots.emplace(variant->id, next++);
  if (index != nullptr) {
    for (const std::string& id : index->devices()) {
      if (device_kind_of(snapshot, id) != device) continue;
      for (const SeenVariant& seen : index->variants(id, operation)) {
        if (slots.emplace(seen.id, next).second) ++next;
      }
    }
    return slots;
  }
  for (const PointPtr& point : *snapshot.points) {
    const PointRequest& request = point->request;
    if (request.problem.operation != operation || device_kind_of(snapshot, request.device) != device) continue;
    if (slots.emplace(request.variant, next).second) ++next;
  }
  return slots;
}

SeriesSet make_series(const Snapshot& snapshot, const ViewState& state, std::string_view axis, Quantity quantity,
                      const SeriesOptions& options) {
  const DeviceKind kind = device_kind_of(snapshot, state.plan.device);
  const auto slots = series_slots(snapshot, state.plan.operation, kind, options.index);
  std::map<int, Series> by_slot;
  for (const PointPtr& point : matching_points(snapshot, state, axis, {}, options.index)) {
    const std::optional<double> x = axis_value(*point, axis);
    const auto slot = slots.find(point->request.variant);
    if (!x || slot == slots.end()) continue;
    Series& line = by_slot[slot->second];
    if (line.variant.empty()) {
      line.variant = point->request.variant;
      line.title = point->variant_title;
      line.slot = slot->second;
    }
    line.points.push_back(to_series_point(point, *x, quantity, options));
  }
  SeriesSet set;
  set.form = options.form;
  for (auto& [slot, line] : by_slot) {
    std::stable_sort(line.points.begin(), line.points.end(),
                     [](const SeriesPoint& a, const SeriesPoint& b) { return a.x < b.x; });
    set.lines.push_back(std::move(line));
  }
  place_on_axis(set);
  bound(set);
  return set;
}

std::vector<std::string> available_axes(const Snapshot& snapshot, const ViewState& state, const PointIndex* index) {
  std::vector<std::string> axes;
  const auto add = [&axes](const std::string& name) {
    if (std::find(axes.begin(), axes.end(), name) == axes.end()) axes.push_back(name);
  };
  for (const Variant& variant : snapshot.catalog->variants) {
    if (!state.ticked.contains(variant.id) || variant.operation != state.plan.operation) continue;
    for (const Knob& knob : variant.knobs) {
      if (knob.values.size() > 1) add(knob.name);
    }
  }
  if (state.recorded && index != nullptr) {
    for (const std::string& device : index->devices()) {
      for (const SeenVariant& seen : index->variants(device, state.plan.operation)) {
        if (!state.ticked.contains(seen.id)) continue;
        for (const std::string& name : seen.knobs) add(name);
      }
    }
  } else if (state.recorded) {
    for (const PointPtr& point : *snapshot.points) {
      if (!state.ticked.contains(point->request.variant)) continue;
      if (point->request.problem.operation != state.plan.operation) continue;
      for (const auto& [name, value] : point->request.knobs) add(name);
    }
  }
  add(std::string(kColumns));
  if (!state.plan.distributions.empty() && state.plan.distributions.front().kind == DistributionKind::offset) {
    add(std::string(kOffset));
  }
  return axes;
}

std::vector<int> axis_weights(const Snapshot& snapshot, const ViewState& state, const std::vector<std::string>& axes) {
  std::vector<int> weights(axes.size(), 0);
  for (const Variant& variant : snapshot.catalog->variants) {
    if (!state.ticked.contains(variant.id) || variant.operation != state.plan.operation) continue;
    for (std::size_t i = 0; i < axes.size(); ++i) {
      const bool bears = axes[i] == kColumns || axes[i] == kOffset ||
                         std::any_of(variant.knobs.begin(), variant.knobs.end(), [&axis = axes[i]](const Knob& knob) {
                           return knob.name == axis && knob.values.size() > 1;
                         });
      if (bears) ++weights[i];
    }
  }
  return weights;
}

std::string tick_label(double x) {
  const auto whole = static_cast<std::int64_t>(std::llround(x));
  if (static_cast<double>(whole) != x) return format_value(x, 6);
  constexpr std::int64_t kibi = 1024;
  if (whole >= kibi * kibi && whole % (kibi * kibi) == 0) return format_count(whole / (kibi * kibi)) + "\u2009Mi";
  if (whole >= 16 * kibi && whole % kibi == 0) return format_count(whole / kibi) + "\u2009Ki";
  return format_count(whole);
}

std::string axis_title(std::string_view axis) {
  if (axis == kColumns) return "row length";
  std::string title(axis);
  std::replace(title.begin(), title.end(), '_', ' ');
  return title;
}

void select_point(ViewState& state, const Point& point) {
  state.selected_point = point.request.id;
  state.selected_variant = point.request.variant;
  if (!state.recorded) return;
  const Problem& problem = point.request.problem;
  state.plan.device = point.request.device;
  state.plan.operation = problem.operation;
  state.plan.shapes = {problem.shape};
  state.plan.normalized_dims = problem.normalized_dims;
  state.plan.types = {problem.type};
  state.plan.distributions = {problem.distribution};
  state.plan.seed = problem.seed;
  state.plan.layout = problem.layout;
  state.plan.activation = problem.activation;
  for (const auto& [name, value] : point.request.knobs) state.knobs.insert_or_assign(name, value);
}

PointPtr find_point(const Snapshot& snapshot, std::int64_t id, const PointIndex* index) {
  if (index != nullptr) return index->find(id);
  // Newest first: the point asked for is nearly always a recent one.
  for (auto it = snapshot.points->rbegin(); it != snapshot.points->rend(); ++it) {
    if ((*it)->request.id == id) return *it;
  }
  return nullptr;
}

PointPtr focused_point(const Snapshot& snapshot, const ViewState& state, const PointIndex* index) {
  if (state.selected_point) {
    PointPtr selected = find_point(snapshot, *state.selected_point, index);
    if (selected && !state.recorded &&
        !source_is_current(*snapshot.catalog, selected->request.variant, selected->source_hash)) {
      selected = successor_of(snapshot, *selected);
    }
    if (selected) return selected;
  }
  PointIndex own;
  if (index == nullptr || !index->is_of(snapshot)) {
    own.follow(snapshot);
    index = &own;
  }
  const Matcher matches(snapshot, state, {}, {}, index->columns());
  PointPtr latest;
  PointPtr of_variant;
  for (std::size_t number = snapshot.points->size(); number-- > 0;) {
    const PointPtr& point = (*snapshot.points)[number];
    const PointRequest& request = point->request;
    if (request.problem.operation != state.plan.operation || request.device != state.plan.device) continue;
    if (request.variant == state.selected_variant) {
      if (matches(number)) return point;
      if (!of_variant) of_variant = point;
    }
    if (!latest) latest = point;
  }
  return of_variant ? of_variant : latest;
}

}  // namespace knobscope::gui
