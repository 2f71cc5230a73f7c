#include "core/compared_sessions.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "core/measured_again.h"

namespace knobscope {
namespace {

using Key = std::tuple<Operation, std::vector<std::int64_t>, int, ElementType, Layout, Activation, DistributionKind,
                       double, std::string, std::string, std::string, KnobValues>;

Key key_of_choice(const Point& point) {
  const Problem& problem = point.request.problem;
  // What an operation does not read must not keep points apart.
  const int normalized_dims = family_of(problem.operation) == Family::layernorm ? problem.normalized_dims : 0;
  const double offset = problem.distribution.kind == DistributionKind::offset ? problem.distribution.offset : 0.0;
  return {problem.operation,
          problem.shape,
          normalized_dims,
          problem.type,
          problem.layout,
          problem.activation,
          problem.distribution.kind,
          offset,
          point.request.device,
          point.environment.device_name,
          lasting_id(point.request.variant),
          point.request.knobs};
}

/// A recording by its choices, in the order in which it first tells of them.
struct Choices {
  std::vector<Key> order;
  std::map<Key, std::vector<PointPtr>> points;
};

Choices choices_of(std::span<const PointPtr> points) {
  Choices choices;
  for (const PointPtr& point : points) {
    if (point->is_emulated() || point->is_baseline()) continue;
    const Key key = key_of_choice(*point);
    std::vector<PointPtr>& same = choices.points[key];
    if (same.empty()) choices.order.push_back(key);
    same.push_back(point);
  }
  return choices;
}

/// The point to show and to judge by: the speaker, or what kept the choice from having one.
PointPtr witness_of(const std::vector<PointPtr>& points) {
  if (PointPtr speaker = speaker_of(points)) return speaker;
  const std::vector<PointPtr> sorted = sorted_by_time(points);
  const std::string& source = sorted.back()->source_hash;
  for (const PointPtr& point : sorted) {
    if (point->verdict == Verdict::wrong && point->source_hash == source) return point;
  }
  return sorted.back();
}

bool is_right(const Point& point) {
  return point.verdict == Verdict::pass || point.verdict == Verdict::noisy || point.verdict == Verdict::throttled ||
         point.verdict == Verdict::invalid;
}

bool has_time(const Point& point) {
  return is_timed_point(point) && (point.verdict == Verdict::pass || point.verdict == Verdict::noisy);
}

std::string with_reason(const Point& point) {
  std::string text(name_of(point.verdict));
  if (!point.reason.empty()) text += ": " + point.reason.substr(0, point.reason.find('\n'));
  return text;
}

std::span<const double> values_of(const Samples& samples) {
  return samples ? std::span<const double>(*samples) : std::span<const double>();
}

/// What asks for attention first.
int rank_of(const ComparedPoint& point) {
  if (point.broken) return 0;
  switch (point.comparison.change) {
    case Change::slower:
      return 1;
    case Change::undecided:
      return 2;
    case Change::faster:
      return 3;
    case Change::same:
      return 4;
  }
  return 5;
}

}  // namespace

ComparedPoint compare_points(PointPtr base, PointPtr next, double threshold) {
  ComparedPoint compared;
  compared.base = std::move(base);
  compared.next = std::move(next);
  const Point& before = *compared.base;
  const Point& after = *compared.next;
  compared.broken = is_right(before) && !is_right(after);
  if (compared.broken) {
    compared.reason = "was right, and now is " + with_reason(after);
    return compared;
  }
  for (const Point* point : {&before, &after}) {
    if (has_time(*point)) continue;
    const std::string which = point == &before ? "BASE" : "NEW";
    if (!is_right(*point)) {
      compared.reason = which + " is " + with_reason(*point) + "; there is nothing to compare with";
    } else if (is_timed_point(*point)) {
      compared.reason = which + " has no time that counts (" + with_reason(*point) + "): measure it again";
    } else {
      compared.reason = which + " was not timed: measure it again";
    }
    return compared;
  }
  const auto* both =
      std::ranges::find_if(kTimings, [&](Timing timing) { return before.summary(timing) && after.summary(timing); });
  if (both == kTimings.end()) {
    compared.reason = "one has " + std::string(name_of(*before.headline_timing())) + " times and the other " +
                      std::string(name_of(*after.headline_timing())) + " ones: measure both the same way";
    return compared;
  }
  compared.timing = *both;
  compared.comparison = compare_times(values_of(before.samples(*both)), values_of(after.samples(*both)), threshold);
  compared.reason = compared.comparison.advice;
  return compared;
}

std::int64_t ComparedSessions::regressions() const {
  return std::ranges::count_if(points, [](const ComparedPoint& point) { return point.is_regression(); });
}

std::int64_t ComparedSessions::count(Change change) const {
  return std::ranges::count_if(
      points, [change](const ComparedPoint& point) { return !point.broken && point.comparison.change == change; });
}

std::int64_t ComparedSessions::broken() const {
  return std::ranges::count_if(points, [](const ComparedPoint& point) { return point.broken; });
}

PairedSessions pair_sessions(std::span<const PointPtr> base, std::span<const PointPtr> next) {
  const Choices before = choices_of(base);
  const Choices after = choices_of(next);
  PairedSessions paired;
  for (const Key& key : before.order) {
    PointPtr point = witness_of(before.points.at(key));
    const auto found = after.points.find(key);
    if (found == after.points.end()) {
      paired.only_base.push_back(std::move(point));
      continue;
    }
    PointPtr other = witness_of(found->second);
    if (is_right(*point) || is_right(*other)) {
      paired.pairs.emplace_back(std::move(point), std::move(other));
    } else {
      ++paired.right_in_neither;
    }
  }
  for (const Key& key : after.order) {
    if (!before.points.contains(key)) paired.only_next.push_back(witness_of(after.points.at(key)));
  }
  return paired;
}

ComparedSessions compare_sessions(std::span<const PointPtr> base, std::span<const PointPtr> next, double threshold) {
  PairedSessions paired = pair_sessions(base, next);
  ComparedSessions compared;
  compared.threshold = threshold;
  compared.only_base = std::move(paired.only_base);
  compared.only_next = std::move(paired.only_next);
  compared.right_in_neither = paired.right_in_neither;
  for (auto& [before, after] : paired.pairs) {
    compared.points.push_back(compare_points(std::move(before), std::move(after), threshold));
  }
  std::ranges::stable_sort(compared.points, {}, rank_of);
  return compared;
}

}  // namespace knobscope
