#include "gui/views/matching.h"

#include <algorithm>
#include <limits>
#include <map>
#include <string>

#include "gui/views/exploration.h"
#include "gui/views/point_index.h"
#include "gui/views/series.h"

namespace knobscope::gui {
namespace {

constexpr std::string_view kColumns = "columns";
constexpr std::string_view kOffset = "offset";

bool same_distribution(const Distribution& a, const Distribution& b, bool offset_is_free) {
  if (a.kind != b.kind) return false;
  return offset_is_free || a.kind != DistributionKind::offset || a.offset == b.offset;
}

bool fits(const Problem& problem, const Problem& set, std::string_view axis, Freedom free) {
  if (problem.operation != set.operation || problem.seed != set.seed) return false;
  if (!free.type && problem.type != set.type) return false;
  if (problem.layout != set.layout || problem.activation != set.activation) return false;
  if (axis != kColumns && !free.shape) {
    if (problem.shape != set.shape) return false;
    if (family_of(problem.operation) == Family::layernorm && problem.normalized_dims != set.normalized_dims) {
      return false;
    }
  }
  return same_distribution(problem.distribution, set.distribution, axis == kOffset);
}

bool fits(const Origin& origin, const Snapshot& snapshot, const ViewState& state) {
  const Plan& plan = state.plan;
  if (origin.device != plan.device || !state.ticked.contains(origin.variant)) return false;
  if (origin.baseline) return false;
  if (state.recorded) return true;
  const bool is_played = !is_timed(device_kind_of(snapshot, plan.device));
  if (is_played && origin.thorough != plan.method.thorough) return false;
  return source_is_current(*snapshot.catalog, origin.variant, origin.source_hash);
}

}  // namespace

bool source_is_current(const Catalog& catalog, std::string_view variant, std::string_view source_hash) {
  const Variant* now = catalog.find(variant);
  return now == nullptr || source_hash.empty() || now->source_hash == source_hash;
}

Matcher::Matcher(const Snapshot& snapshot, const ViewState& state, std::string_view axis, Freedom free,
                 const PointColumns& columns)
    : columns_(columns), any_knobs_(free.knobs), set_(wanted_of(state.knobs, axis)) {
  const Plan& plan = state.plan;
  const bool is_set = !plan.types.empty() && !plan.shapes.empty() && !plan.distributions.empty();
  const Problem set = is_set ? first_problem(plan) : Problem{};
  for (const Problem& problem : columns.problems()) {
    problem_fits_.push_back(is_set && fits(problem, set, axis, free));
  }
  for (const Origin& origin : columns.origins()) {
    origin_fits_.push_back(fits(origin, snapshot, state));
    const Variant* variant = origin_fits_.back() && !any_knobs_ ? snapshot.catalog->find(origin.variant) : nullptr;
    const bool is_of_operation = variant != nullptr && variant->operation == plan.operation;
    nearest_.push_back(is_of_operation ? wanted_of(knobs_for(*variant, state.knobs), axis) : set_);
  }
}

bool Matcher::at_set_knobs(std::size_t point) const {
  if (any_knobs_) return true;
  const std::span<const KnobSetting> knobs = columns_.knobs(point);
  return are_at(knobs, set_) || are_at(knobs, nearest_[columns_.origin(point)]);
}

bool Matcher::are_at(std::span<const KnobSetting> knobs, const Wanted& wanted) const {
  return std::ranges::all_of(knobs, [&wanted](const KnobSetting& knob) {
    const std::optional<std::int64_t>& value = wanted[knob.name];
    return !value || *value == knob.value;
  });
}

Matcher::Wanted Matcher::wanted_of(const KnobValues& knobs, std::string_view axis) const {
  Wanted wanted;
  for (const std::string& name : columns_.knob_names()) {
    const auto value = name == axis ? knobs.end() : knobs.find(name);
    wanted.push_back(value == knobs.end() ? std::nullopt : std::optional(value->second));
  }
  return wanted;
}

std::vector<PointPtr> matching_points(const Snapshot& snapshot, const ViewState& state, std::string_view axis,
                                      Freedom free, const PointIndex* index) {
  PointIndex own;
  if (index == nullptr || !index->is_of(snapshot)) {
    own.follow(snapshot);
    index = &own;
  }
  const PointColumns& columns = index->columns();
  const Matcher matches(snapshot, state, axis, free, columns);
  constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
  std::vector<std::size_t> place_of_choice(columns.choice_count(), kNone);
  std::vector<PointPtr> result;
  for (std::size_t number = 0; number < columns.size(); ++number) {
    if (!matches(number)) continue;
    const PointPtr& point = (*snapshot.points)[number];
    std::size_t& place = place_of_choice[columns.choice(number)];
    if (place == kNone) {
      place = result.size();
      result.push_back(point);
    } else {
      result[place] = point;
    }
  }
  return result;
}

}  // namespace knobscope::gui
