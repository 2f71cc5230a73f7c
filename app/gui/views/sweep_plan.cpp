#include "gui/views/sweep_plan.h"

#include <algorithm>
#include <string_view>

#include "gui/views/exploration.h"
#include "gui/views/lenses.h"
#include "gui/views/series.h"

namespace knobscope::gui {
namespace {

constexpr std::string_view kColumns = "columns";
constexpr std::string_view kRows = "rows";
constexpr std::string_view kOffset = "offset";
constexpr std::string_view kType = "type";

std::vector<const Variant*> ticked_variants(const Snapshot& snapshot, const ViewState& state) {
  std::vector<const Variant*> ticked;
  const DeviceKind kind = device_kind_of(snapshot, state.plan.device);
  for (const Variant* variant : variants_for(*snapshot.catalog, state.plan.operation, kind)) {
    if (state.ticked.contains(variant->id)) ticked.push_back(variant);
  }
  return ticked;
}

template <class T>
void add_new(std::vector<T>& values, const T& value) {
  if (std::ranges::find(values, value) == values.end()) values.push_back(value);
}

std::vector<std::int64_t> knob_values(const std::vector<const Variant*>& variants, std::string_view name) {
  std::vector<std::int64_t> values;
  for (const Variant* variant : variants) {
    for (const Knob& knob : variant->knobs) {
      if (knob.name != name) continue;
      for (const std::int64_t value : knob.values) add_new(values, value);
    }
  }
  std::ranges::sort(values);
  return values;
}

std::vector<ElementType> types_of(const std::vector<const Variant*>& variants) {
  std::vector<ElementType> types;
  for (const ElementType type : kElementTypes) {
    const auto offers = [type](const Variant* variant) {
      return std::ranges::find(variant->types, type) != variant->types.end();
    };
    if (std::ranges::any_of(variants, offers)) types.push_back(type);
  }
  return types;
}

std::vector<std::vector<std::int64_t>> shapes_of(const Problem& set, bool over_rows, bool over_columns) {
  const Extents extents = extents_of(set);
  const std::vector<std::int64_t> columns =
      over_columns ? row_lengths(extents.elements, extents.columns) : std::vector{extents.columns};
  if (!over_rows) {
    std::vector<std::vector<std::int64_t>> shapes;
    for (const std::int64_t length : columns) {
      shapes.push_back(length == extents.columns ? set.shape : shape_with_columns(set, length));
    }
    return shapes;
  }
  std::vector<std::vector<std::int64_t>> shapes;
  for (const std::int64_t rows : row_counts(extents.rows)) {
    for (const std::int64_t length : columns) shapes.push_back({rows, length});
  }
  return shapes;
}

bool is_knob(std::string_view axis) { return axis != kColumns && axis != kRows && axis != kOffset && axis != kType; }

}  // namespace

std::vector<SweepAxis> sweep_axes(const Snapshot& snapshot, const ViewState& state) {
  const std::vector<const Variant*> variants = ticked_variants(snapshot, state);
  const Problem set = problem_of(state);
  std::vector<SweepAxis> axes;
  if (find_fault(set)) return axes;
  const auto add = [&axes](std::string_view name, std::size_t count) {
    if (count > 1) axes.push_back({std::string(name), static_cast<std::int64_t>(count)});
  };
  for (const std::string& axis : available_axes(snapshot, state)) {
    if (is_knob(axis)) add(axis, knob_values(variants, axis).size());
  }
  add(kColumns, shapes_of(set, false, true).size());
  if (family_of(state.plan.operation) == Family::layernorm) add(kRows, shapes_of(set, true, false).size());
  if (set.distribution.kind == DistributionKind::offset) add(kOffset, offsets(set.distribution.offset).size());
  add(kType, types_of(variants).size());
  return axes;
}

Plan sweep_plan(const Snapshot& snapshot, const ViewState& state, const std::set<std::string>& axes) {
  const std::vector<const Variant*> variants = ticked_variants(snapshot, state);
  const Problem set = problem_of(state);
  Plan plan = state.plan;
  plan.variants.clear();
  plan.knobs.clear();
  for (const Variant* variant : variants) {
    plan.variants.push_back(variant->id);
    const KnobValues values = knobs_for(*variant, state.knobs);
    for (const auto& [name, value] : values) {
      if (!axes.contains(name)) add_new(plan.knobs[name], value);
    }
  }
  for (const std::string& axis : axes) {
    if (is_knob(axis)) {
      if (std::vector<std::int64_t> values = knob_values(variants, axis); !values.empty()) {
        plan.knobs[axis] = std::move(values);
      }
    }
  }
  const bool over_rows = axes.contains(std::string(kRows)) && family_of(plan.operation) == Family::layernorm;
  const bool over_columns = axes.contains(std::string(kColumns));
  if ((over_rows || over_columns) && !find_fault(set)) {
    plan.shapes = shapes_of(set, over_rows, over_columns);
    if (family_of(plan.operation) == Family::layernorm) plan.normalized_dims = 1;
  }
  if (axes.contains(std::string(kType))) plan.types = types_of(variants);
  if (axes.contains(std::string(kOffset)) && set.distribution.kind == DistributionKind::offset) {
    plan.distributions.clear();
    for (const double offset : offsets(set.distribution.offset)) {
      plan.distributions.push_back({DistributionKind::offset, offset});
    }
  }
  return plan;
}

Plan plan_on_screen(const Snapshot& snapshot, const ViewState& state) {
  if (state.lens == Lens::heat) {
    return sweep_plan(snapshot, state, {state.heat_x.empty() ? state.x_axis : state.heat_x, state.heat_y});
  }
  return sweep_plan(snapshot, state, {state.x_axis});
}

}  // namespace knobscope::gui
