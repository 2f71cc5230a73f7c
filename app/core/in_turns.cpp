#include "core/in_turns.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "core/bootstrap.h"
#include "core/statistics.h"

namespace knobscope {
namespace {

bool are_times(std::span<const double> samples) {
  return std::ranges::all_of(samples, [](double sample) { return std::isfinite(sample) && sample > 0.0; });
}

/// What slows one down slows the other one, too.
bool counts(Verdict verdict) {
  return verdict == Verdict::pass || verdict == Verdict::noisy || verdict == Verdict::throttled;
}

std::string with_reason(const std::string& name, Verdict verdict, const std::string& reason) {
  std::string text = name + " is " + std::string(name_of(verdict));
  return reason.empty() ? text : text + ": " + reason.substr(0, reason.find('\n'));
}

PointPtr point_of_rival(const Point& point) {
  const Rival& rival = *point.rival;
  auto other = std::make_shared<Point>();
  other->request = point.request;
  if (point.request.against) {
    other->request.variant = point.request.against->variant;
    other->request.knobs = point.request.against->knobs;
  }
  other->request.against.reset();
  other->variant_name = rival.variant_name;
  other->variant_title = rival.variant_title;
  other->source_hash = rival.source_hash;
  other->verdict = rival.verdict;
  other->reason = rival.reason;
  other->bytes = point.bytes;
  other->samples(rival.timing) = rival.samples;
  other->summary(rival.timing) = rival.summary;
  other->environment = point.environment;
  return other;
}

}  // namespace

std::optional<MedianRatio> ratio_of_pairs(std::span<const double> base, std::span<const double> next) {
  const std::size_t pairs = std::min(base.size(), next.size());
  base = base.first(pairs);
  next = next.first(pairs);
  if (pairs == 0 || !are_times(base) || !are_times(next)) return std::nullopt;
  std::vector<double> ratios(pairs);
  std::ranges::transform(next, base, ratios.begin(), std::divides());
  const Interval interval = *bootstrap_median(ratios);
  return MedianRatio{*quantile(ratios, 0.5), interval.low, interval.high};
}

Comparison compare_in_turns(std::span<const double> base_ns, std::span<const double> next_ns, double threshold) {
  const std::size_t pairs = std::min(base_ns.size(), next_ns.size());
  return judge_ratio(ratio_of_pairs(base_ns, next_ns), pairs, pairs, threshold);
}

ComparedPoint compare_in_turns(const PointPtr& point, double threshold) {
  const Rival& rival = *point->rival;
  ComparedPoint compared;
  compared.base = point;
  compared.next = point_of_rival(*point);
  compared.timing = rival.timing;
  if (!counts(point->verdict)) {
    compared.reason = with_reason("A", point->verdict, point->reason) + "; there is nothing to compare";
  } else if (!counts(rival.verdict)) {
    compared.reason = with_reason("B", rival.verdict, rival.reason) + "; there is nothing to compare";
  } else if (point->is_emulated()) {
    compared.reason = "both are right, and the emulated device has no times: compare them on a GPU";
  } else if (!rival.samples || !point->samples(rival.timing)) {
    const bool noted = !point->timing_notes.empty();
    compared.reason = "they were not timed: " + (noted ? point->timing_notes.front().text : "ask for --timing cold");
  } else {
    compared.comparison = compare_in_turns(*point->samples(rival.timing), *rival.samples, threshold);
    compared.reason = compared.comparison.advice;
  }
  return compared;
}

ComparedSessions compare_in_turns(std::span<const PointPtr> points, double threshold) {
  ComparedSessions compared;
  compared.threshold = threshold;
  compared.in_turns = true;
  for (const PointPtr& point : points) {
    if (point->rival) compared.points.push_back(compare_in_turns(point, threshold));
  }
  return compared;
}

}  // namespace knobscope
