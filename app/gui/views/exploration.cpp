#include "gui/views/exploration.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "core/known_points.h"
#include "worker/client.h"

namespace knobscope::gui {
namespace {

constexpr std::string_view kColumns = "columns";
constexpr std::string_view kOffset = "offset";

/// Shapes that differ in the row length only, with about as many elements as the shape that is set.
std::vector<std::vector<std::int64_t>> shapes_over_columns(const Problem& problem) {
  const Extents extents = extents_of(problem);
  std::vector<std::vector<std::int64_t>> shapes;
  for (const std::int64_t columns : row_lengths(extents.elements, extents.columns)) {
    shapes.push_back(shape_with_columns(problem, columns));
  }
  return shapes;
}

/// The plan of one variant for the x axis that is set.
Plan plan_for(const Variant& variant, const ViewState& state, const Problem& problem) {
  Plan plan = state.plan;
  plan.variants = {variant.id};
  plan.knobs.clear();
  for (const auto& [name, value] : knobs_for(variant, state.knobs)) plan.knobs[name] = {value};
  for (const Knob& knob : variant.knobs) {
    if (knob.name == state.x_axis) plan.knobs[knob.name] = knob.values;
  }
  if (state.x_axis == kColumns) {
    plan.shapes = shapes_over_columns(problem);
    if (family_of(problem.operation) == Family::layernorm) plan.normalized_dims = 1;
  }
  if (state.x_axis == kOffset) {
    plan.distributions.clear();
    for (const double offset : offsets(problem.distribution.offset)) {
      plan.distributions.push_back({DistributionKind::offset, offset});
    }
  }
  return plan;
}

/// The ticked variants that can be measured: the selected one first, the others in story order.
std::vector<const Variant*> explored_variants(const Snapshot& snapshot, const ViewState& state,
                                              const DeviceFacts& device) {
  std::vector<const Variant*> result;
  for (const Variant* variant : variants_for(*snapshot.catalog, state.plan.operation, device.kind)) {
    if (state.ticked.contains(variant->id)) result.push_back(variant);
  }
  std::stable_partition(result.begin(), result.end(),
                        [&state](const Variant* variant) { return variant->id == state.selected_variant; });
  return result;
}

/// A point of a variant's curve, and how many values of the x axis it lies from what is set.
struct Step {
  PointRequest point;
  std::ptrdiff_t away = 0;
};

std::vector<Step> steps_from(std::vector<PointRequest> points, const KnobValues& knobs, const Problem& problem) {
  const auto set = std::find_if(points.begin(), points.end(), [&](const PointRequest& point) {
    return point.knobs == knobs && point.problem == problem;
  });
  const std::ptrdiff_t at = set == points.end() ? -1 : set - points.begin();
  std::vector<Step> steps;
  steps.reserve(points.size());
  for (PointRequest& point : points) {
    const std::ptrdiff_t away = std::abs(static_cast<std::ptrdiff_t>(steps.size()) - at);
    steps.push_back({std::move(point), away});
  }
  return steps;
}

}  // namespace

Problem problem_of(const ViewState& state) { return first_problem(state.plan); }

KnobValues knobs_for(const Variant& variant, const KnobValues& set) {
  KnobValues values;
  for (const Knob& knob : variant.knobs) {
    const auto wanted = set.find(knob.name);
    if (wanted == set.end() || knob.values.empty()) {
      values[knob.name] = knob.initial;
      continue;
    }
    const auto nearest = std::min_element(knob.values.begin(), knob.values.end(),
                                          [target = wanted->second](std::int64_t a, std::int64_t b) {
                                            return std::llabs(a - target) < std::llabs(b - target);
                                          });
    values[knob.name] = *nearest;
  }
  return values;
}

std::vector<std::int64_t> row_lengths(std::int64_t elements, std::int64_t current) {
  std::vector<std::int64_t> lengths = {current};
  for (std::int64_t length = 64; length <= 65'536 && length <= elements; length *= 2) lengths.push_back(length);
  std::sort(lengths.begin(), lengths.end());
  lengths.erase(std::unique(lengths.begin(), lengths.end()), lengths.end());
  return lengths;
}

std::vector<std::int64_t> row_counts(std::int64_t current) {
  std::vector<std::int64_t> counts;
  for (std::int64_t rows = 1; rows < current; rows *= 4) counts.push_back(rows);
  counts.push_back(current);
  return counts;
}

std::vector<std::int64_t> shape_with_columns(const Problem& problem, std::int64_t columns) {
  const Extents extents = extents_of(problem);
  if (family_of(problem.operation) == Family::layernorm) {
    return {std::max<std::int64_t>(1, extents.elements / columns), columns};
  }
  const std::int64_t image = extents.channels * columns;
  return {std::max<std::int64_t>(1, extents.elements / image), extents.channels, 1, columns};
}

std::vector<double> offsets(double current) {
  std::vector<double> values = {0.0, 1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, current};
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

std::vector<PointRequest> wanted_points(const Snapshot& snapshot, const ViewState& state) {
  const DeviceFacts* device = snapshot.device(state.plan.device);
  const Problem problem = problem_of(state);
  if (state.recorded || device == nullptr || find_fault(problem)) return {};
  std::vector<Step> steps;
  for (const Variant* variant : explored_variants(snapshot, state, *device)) {
    Expansion expansion = expand(plan_for(*variant, state, problem), *snapshot.catalog, *device);
    const KnobValues knobs = knobs_for(*variant, state.knobs);
    std::vector<Step> curve = steps_from(std::move(expansion.points), knobs, problem);
    if (variant->id == state.selected_variant) {
      std::stable_partition(curve.begin(), curve.end(), [](const Step& step) { return step.away == 0; });
    }
    std::move(curve.begin(), curve.end(), std::back_inserter(steps));
  }
  if (!is_timed(device->kind)) {
    // No curve is waited for, but a verdict of each variant: every one at what is set before any at other values, and
    // the ends of the axes last, where a play of far too many threads may take a minute.
    std::stable_sort(steps.begin(), steps.end(), [](const Step& a, const Step& b) { return a.away < b.away; });
  }
  std::vector<PointRequest> points;
  points.reserve(steps.size());
  for (Step& step : steps) points.push_back(std::move(step.point));
  return points;
}

std::vector<PointRequest> without_known(std::vector<PointRequest> points, const Snapshot& snapshot) {
  return missing_points(std::move(points), *snapshot.points, *snapshot.catalog);
}

Exploration::Asked Exploration::asked_by(const Snapshot& snapshot, const ViewState& state) {
  Asked asked{state.plan, state.knobs, state.x_axis, state.selected_variant, {}, state.recorded};
  for (const Variant& variant : snapshot.catalog->variants) {
    if (state.ticked.contains(variant.id)) asked.sources.push_back(variant.id + " " + variant.source_hash);
  }
  return asked;
}

void Exploration::update(const Snapshot& snapshot, ViewState& state, worker::CommandSink& commands) {
  if (snapshot.device(state.plan.device) == nullptr) return;
  Asked asked = asked_by(snapshot, state);
  const bool rerun = std::exchange(state.rerun_requested, false);
  if (asked_ == asked && !rerun) return;
  // A look at another variant changes the order only, and nothing at all when everything is known or under way.
  const bool only_selection = asked_ && [&] {
    Asked same = *asked_;
    same.selected_variant = asked.selected_variant;
    return same == asked;
  }();
  asked_ = std::move(asked);
  if (state.recorded) return;
  std::vector<PointRequest> points = wanted_points(snapshot, state);
  if (!rerun) points = without_known(std::move(points), snapshot);
  if (points.empty() && only_selection) return;
  // Somebody looks there: before what a sweep still has to do.
  commands.post(worker::MeasurePoints{std::move(points), std::string(kExploreTag), true});
}

}  // namespace knobscope::gui
