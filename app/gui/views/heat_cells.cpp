#include "gui/views/heat_cells.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>

#include <fmt/format.h>

#include "gui/views/exploration.h"
#include "gui/widgets/format_number.h"

namespace knobscope::gui {
namespace {

constexpr std::string_view kColumns = "columns";
constexpr std::string_view kRows = "rows";
constexpr std::string_view kType = "type";

bool is_knob(std::string_view axis) { return axis != kColumns && axis != kRows && axis != kType; }

bool uses(const HeatChoice& choice, std::string_view axis) { return choice.x == axis || choice.y == axis; }

std::optional<double> value_on(const Point& point, std::string_view axis) {
  if (axis == kRows) return static_cast<double>(extents_of(point.request.problem).rows);
  if (axis == kType) return static_cast<double>(point.request.problem.type);
  return axis_value(point, axis);
}

/// Whether a point's shape is one that the axes lead to.
bool shape_belongs(const Problem& problem, const Problem& set, const HeatChoice& choice) {
  const bool columns = uses(choice, kColumns);
  const bool rows = uses(choice, kRows);
  if (columns && rows) return true;
  const Extents own = extents_of(problem);
  const Extents wanted = extents_of(set);
  if (rows) return own.columns == wanted.columns;
  if (!columns || problem.shape == set.shape) return true;
  Problem there = set;
  there.shape = shape_with_columns(set, own.columns);
  if (family_of(set.operation) == Family::layernorm) there.normalized_dims = 1;
  return extents_of(there).elements == own.elements && extents_of(there).rows == own.rows;
}

/// The variants whose points and knobs make the map.
std::vector<const Variant*> variants_of(const Snapshot& snapshot, const ViewState& state, const HeatChoice& choice) {
  std::vector<const Variant*> result;
  for (const Variant* variant :
       variants_for(*snapshot.catalog, state.plan.operation, device_kind_of(snapshot, state.plan.device))) {
    const bool wanted = choice.winner ? state.ticked.contains(variant->id) : variant->id == state.selected_variant;
    if (wanted) result.push_back(variant);
  }
  return result;
}

/// What could be measured along an axis. Recordings are shown as they are.
void add_possible(std::set<double>& values, std::string_view axis, const Problem& set,
                  const std::vector<const Variant*>& variants) {
  const Extents extents = extents_of(set);
  if (axis == kColumns) {
    for (const std::int64_t columns : row_lengths(extents.elements, extents.columns)) {
      values.insert(static_cast<double>(columns));
    }
  } else if (axis == kRows) {
    for (const std::int64_t rows : row_counts(extents.rows)) values.insert(static_cast<double>(rows));
  }
  for (const Variant* variant : variants) {
    if (axis == kType) {
      for (const ElementType type : variant->types) values.insert(static_cast<double>(type));
    }
    for (const Knob& knob : variant->knobs) {
      if (knob.name != axis) continue;
      for (const std::int64_t value : knob.values) values.insert(static_cast<double>(value));
    }
  }
}

bool is_right(const Point& point) {
  const Verdict verdict = point.verdict;
  return point.headline() && (verdict == Verdict::pass || verdict == Verdict::noisy || verdict == Verdict::throttled);
}

/// The fastest first, what is not right after all that is.
bool is_before(const PointPtr& a, const PointPtr& b) {
  if (is_right(*a) != is_right(*b)) return is_right(*a);
  return is_right(*a) && a->headline()->median < b->headline()->median;
}

HeatCell cell_of(std::vector<PointPtr> points, const std::map<std::string, int, std::less<>>& slots,
                 const HeatChoice& choice, const std::function<PointPtr(const Point&)>& baseline) {
  HeatCell cell;
  if (points.empty()) return cell;
  std::ranges::stable_sort(points, is_before);
  cell.point = points.front();
  if (const auto slot = slots.find(cell.point->request.variant); slot != slots.end()) cell.slot = slot->second;
  if (!is_right(*cell.point)) return cell;
  const PointPtr over = choice.quantity == Quantity::speed_up && baseline ? baseline(*cell.point) : nullptr;
  const std::optional<Reading> reading = reading_of(*cell.point, choice.quantity, over.get());
  // A right point has its place whether or not there is something to compare it with.
  cell.value = reading ? reading->value : std::nan("");
  for (const PointPtr& other : points) {
    const auto same_variant = [&](const PointPtr& each) { return each->request.variant == other->request.variant; };
    if (same_variant(cell.point) || std::ranges::any_of(cell.ties, same_variant) || !is_right(*other)) continue;
    if (is_tie(*cell.point->headline(), *other->headline())) cell.ties.push_back(other);
  }
  return cell;
}

std::size_t index_of(const std::vector<double>& values, double value) {
  return static_cast<std::size_t>(std::ranges::lower_bound(values, value) - values.begin());
}

/// Sets one axis of a plan to one value; false where the variant cannot be there.
bool set_axis(Plan& plan, const Variant& variant, std::string_view axis, double value) {
  if (axis == kType) {
    const auto type = static_cast<ElementType>(static_cast<int>(value));
    plan.types = {type};
    return std::ranges::find(variant.types, type) != variant.types.end();
  }
  if (!is_knob(axis)) return true;  // shapes follow from both axes
  const auto whole = static_cast<std::int64_t>(value);
  for (const Knob& knob : variant.knobs) {
    if (knob.name != axis) continue;
    plan.knobs[knob.name] = {whole};
    return std::ranges::find(knob.values, whole) != knob.values.end();
  }
  return false;
}

}  // namespace

std::vector<std::string> heat_axes(const Snapshot& snapshot, const ViewState& state, const PointIndex* index) {
  std::vector<std::string> axes = available_axes(snapshot, state, index);
  std::erase(axes, "offset");
  if (family_of(state.plan.operation) == Family::layernorm) axes.emplace_back(kRows);
  axes.emplace_back(kType);
  return axes;
}

HeatChoice heat_choice_of(const ViewState& state, const std::vector<std::string>& axes) {
  HeatChoice choice{state.heat_x, state.heat_y, state.heat_winner, state.quantity};
  const auto known = [&axes](const std::string& axis) { return std::ranges::find(axes, axis) != axes.end(); };
  if (!known(choice.x)) choice.x = known(state.x_axis) ? state.x_axis : axes.front();
  if (!known(choice.y)) choice.y = axes.back();
  return choice;
}

void set_heat_axes(ViewState& state, const HeatChoice& before, std::string x, std::string y) {
  if (x == y) {
    if (x != before.x) {
      y = before.x;
    } else if (y != before.y) {
      x = before.y;
    }
  }
  state.heat_x = std::move(x);
  state.heat_y = std::move(y);
}

bool can_measure_cells(const ViewContext& context) {
  return !context.state.recorded && context.snapshot.worker != WorkerState::gone &&
         context.snapshot.device(context.state.plan.device) != nullptr;
}

std::string heat_axis_title(std::string_view axis) { return axis_title(axis); }

std::string heat_label(std::string_view axis, double value) {
  if (axis == kType) return std::string(name_of(static_cast<ElementType>(static_cast<int>(value))));
  return tick_label(value);
}

HeatMap make_heat_map(const Snapshot& snapshot, const ViewState& state, const HeatChoice& choice,
                      const std::function<PointPtr(const Point&)>& baseline, const PointIndex* index) {
  HeatMap map;
  const Problem set = first_problem(state.plan);
  if (find_fault(set) || choice.x == choice.y) return map;
  Freedom free;
  free.knobs = true;
  free.shape = uses(choice, kColumns) || uses(choice, kRows);
  free.type = uses(choice, kType);
  std::vector<PointPtr> points;
  std::set<double> xs;
  std::set<double> ys;
  for (const PointPtr& point : matching_points(snapshot, state, {}, free, index)) {
    if (!choice.winner && point->request.variant != state.selected_variant) continue;
    const std::optional<double> x = value_on(*point, choice.x);
    const std::optional<double> y = value_on(*point, choice.y);
    if (!x || !y || !shape_belongs(point->request.problem, set, choice)) continue;
    xs.insert(*x);
    ys.insert(*y);
    points.push_back(point);
  }
  if (!state.recorded) {
    const std::vector<const Variant*> variants = variants_of(snapshot, state, choice);
    add_possible(xs, choice.x, set, variants);
    add_possible(ys, choice.y, set, variants);
  }
  map.x.assign(xs.begin(), xs.end());
  map.y.assign(ys.begin(), ys.end());
  std::vector<std::vector<PointPtr>> there(map.x.size() * map.y.size());
  for (const PointPtr& point : points) {
    const std::size_t column = index_of(map.x, *value_on(*point, choice.x));
    const std::size_t row = index_of(map.y, *value_on(*point, choice.y));
    there[row * map.x.size() + column].push_back(point);
  }
  const DeviceKind kind = device_kind_of(snapshot, state.plan.device);
  const auto slots = series_slots(snapshot, state.plan.operation, kind, index);
  for (std::vector<PointPtr>& each : there) {
    map.cells.push_back(cell_of(std::move(each), slots, choice, baseline));
    const std::optional<double>& value = map.cells.back().value;
    if (!value || !std::isfinite(*value)) continue;
    map.least = std::min(map.least.value_or(*value), *value);
    map.most = std::max(map.most.value_or(*value), *value);
  }
  return map;
}

std::vector<PointRequest> cell_requests(const Snapshot& snapshot, const ViewState& state, const HeatChoice& choice,
                                        double x, double y) {
  const DeviceFacts* device = snapshot.device(state.plan.device);
  const Problem set = first_problem(state.plan);
  if (state.recorded || device == nullptr || find_fault(set)) return {};
  Problem problem = set;
  const auto columns = static_cast<std::int64_t>(choice.x == kColumns ? x : y);
  const auto rows = static_cast<std::int64_t>(choice.x == kRows ? x : y);
  if (uses(choice, kColumns) && uses(choice, kRows)) {
    problem.shape = {rows, columns};
  } else if (uses(choice, kColumns) && columns != extents_of(set).columns) {
    problem.shape = shape_with_columns(set, columns);
  } else if (uses(choice, kRows) && rows != extents_of(set).rows) {
    problem.shape = {rows, extents_of(set).columns};
  }
  if (problem.shape != set.shape && family_of(set.operation) == Family::layernorm) problem.normalized_dims = 1;
  std::vector<PointRequest> requests;
  for (const Variant* variant : variants_of(snapshot, state, choice)) {
    Plan plan = state.plan;
    plan.variants = {variant->id};
    plan.shapes = {problem.shape};
    plan.normalized_dims = problem.normalized_dims;
    plan.knobs.clear();
    for (const auto& [name, value] : knobs_for(*variant, state.knobs)) plan.knobs[name] = {value};
    if (!set_axis(plan, *variant, choice.x, x) || !set_axis(plan, *variant, choice.y, y)) continue;
    std::vector<PointRequest> points = expand(plan, *snapshot.catalog, *device).points;
    std::move(points.begin(), points.end(), std::back_inserter(requests));
  }
  return requests;
}

std::vector<std::optional<std::size_t>> cells_of(const ViewState& state, const HeatChoice& choice, const HeatMap& map,
                                                 std::span<const PointRequest> requests) {
  std::vector<std::optional<std::size_t>> cells;
  cells.reserve(requests.size());
  const Problem set = first_problem(state.plan);
  const auto belongs = [&](const PointRequest& request) {
    const Problem& problem = request.problem;
    const bool wanted =
        choice.winner ? state.ticked.contains(request.variant) : request.variant == state.selected_variant;
    return wanted && request.device == state.plan.device && problem.operation == set.operation &&
           (uses(choice, kType) || problem.type == set.type) && problem.distribution == set.distribution &&
           problem.layout == set.layout && problem.activation == set.activation &&
           (uses(choice, kColumns) || uses(choice, kRows) || problem.shape == set.shape) &&
           shape_belongs(problem, set, choice);
  };
  Point probe;
  for (const PointRequest& request : requests) {
    cells.emplace_back();
    if (!belongs(request)) continue;
    probe.request = request;
    const std::optional<double> x = value_on(probe, choice.x);
    const std::optional<double> y = value_on(probe, choice.y);
    if (!x || !y || !std::ranges::binary_search(map.x, *x) || !std::ranges::binary_search(map.y, *y)) continue;
    cells.back() = index_of(map.y, *y) * map.x.size() + index_of(map.x, *x);
  }
  return cells;
}

}  // namespace knobscope::gui
