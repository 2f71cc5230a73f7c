#include "core/point.h"

#include <algorithm>

namespace knobscope {
namespace {

template <class Method>
auto& wanted_of(Method& method, Timing timing) {
  switch (timing) {
    case Timing::cold:
      break;
    case Timing::rotating:
      return method.time_rotating;
    case Timing::hot:
      return method.time_hot;
    case Timing::graph:
      return method.time_graph;
    case Timing::wall:
      return method.time_wall;
  }
  return method.time_cold;
}

template <class Point>
auto& summary_of(Point& point, Timing timing) {
  switch (timing) {
    case Timing::cold:
      break;
    case Timing::rotating:
      return point.rotating_summary;
    case Timing::hot:
      return point.hot_summary;
    case Timing::graph:
      return point.graph_summary;
    case Timing::wall:
      return point.wall_summary;
  }
  return point.cold_summary;
}

}  // namespace

bool Method::times(Timing timing) const { return wanted_of(*this, timing); }

void Method::set_times(Timing timing, bool wanted) { wanted_of(*this, timing) = wanted; }

StoppingCriterion Method::stopping(Timing timing) const {
  return timing == Timing::cold || timing == Timing::wall ? cold_stopping : hot_stopping;
}

bool Method::times_any() const { return !timings().empty(); }

std::vector<Timing> Method::timings() const {
  std::vector<Timing> wanted;
  for (const Timing timing : kTimings) {
    if (times(timing)) wanted.push_back(timing);
  }
  return wanted;
}

void Method::set_timings(const std::vector<Timing>& wanted) {
  for (const Timing timing : kTimings) set_times(timing, false);
  for (const Timing timing : wanted) set_times(timing, true);
}

const Samples& Point::samples(Timing timing) const { return samples_of(*this, timing); }

Samples& Point::samples(Timing timing) { return samples_of(*this, timing); }

const std::optional<Summary>& Point::summary(Timing timing) const { return summary_of(*this, timing); }

std::optional<Summary>& Point::summary(Timing timing) { return summary_of(*this, timing); }

const SeriesEnvironment* Point::series_environment(Timing timing) const {
  const auto found = std::ranges::find(series_environments, timing, &SeriesEnvironment::timing);
  return found == series_environments.end() ? nullptr : &*found;
}

std::int64_t Point::discarded_samples() const {
  std::int64_t count = 0;
  for (const SeriesEnvironment& series : series_environments) count += std::ssize(series.discarded);
  return count;
}

ThrottleRule Point::throttle_rule() const {
  return {request.method.throttle_threshold, environment.expected_sm_clock_mhz};
}

std::optional<double> Point::headline_sm_clock_mhz() const {
  const std::optional<Timing> timing = headline_timing();
  const SeriesEnvironment* series = timing ? series_environment(*timing) : nullptr;
  return series != nullptr ? series->sm_clock_mhz() : std::nullopt;
}

std::optional<Timing> Point::headline_timing() const {
  for (const Timing timing : kTimings) {
    if (summary(timing)) return timing;
  }
  return std::nullopt;
}

const std::optional<Summary>& Point::headline() const { return summary(headline_timing().value_or(Timing::cold)); }

void set_defaults_of(StoppingCriterion criterion, Method& method) {
  const Method usual;
  const bool own = criterion == StoppingCriterion::rse;
  // NVBench knows no most; a million times a flush of the cache is longer than its time limit.
  method.max_samples = own ? usual.max_samples : 1'000'000;
  method.min_samples = own ? usual.min_samples : 10;
  method.time_limit_s = own ? usual.time_limit_s : 15.0;
  method.min_time_s = criterion == StoppingCriterion::stdrel ? 0.5 : 0.0;
}

std::optional<BytesPerSecond> Point::bandwidth() const {
  const std::optional<Summary>& summary = headline();
  if (!summary || summary->median.count() <= 0.0) return std::nullopt;
  return bytes / summary->median;
}

std::optional<double> Point::copy_fraction() const {
  const std::optional<BytesPerSecond> reached = bandwidth();
  if (!reached || !ceiling || ceiling->copy.value <= 0.0) return std::nullopt;
  return reached->value / ceiling->copy.value;
}

const SizeCeiling* Point::size_ceiling(Timing timing) const {
  const auto found = std::ranges::find(size_ceilings, timing, &SizeCeiling::timing);
  return found == size_ceilings.end() ? nullptr : &*found;
}

std::optional<double> Point::memcpy_fraction() const {
  const std::optional<BytesPerSecond> reached = bandwidth();
  const SizeCeiling* ceiling_here = size_ceiling();
  if (!reached || ceiling_here == nullptr || ceiling_here->memcpy.value <= 0.0) return std::nullopt;
  return reached->value / ceiling_here->memcpy.value;
}

std::optional<double> Point::sized_copy_fraction() const {
  const std::optional<BytesPerSecond> reached = bandwidth();
  const SizeCeiling* ceiling_here = size_ceiling();
  if (!reached || ceiling_here == nullptr || ceiling_here->copy.value <= 0.0) return std::nullopt;
  return reached->value / ceiling_here->copy.value;
}

Bytes Point::modelled_bytes() const {
  return modelled_reads && modelled_writes ? *modelled_reads + *modelled_writes : bytes;
}

std::optional<double> Point::counted_over_modelled() const {
  const Bytes modelled = modelled_bytes();
  if (!profile || !profile->counters || modelled.count <= 0) return std::nullopt;
  return static_cast<double>(profile->counters->dram().count) / static_cast<double>(modelled.count);
}

std::optional<Nanoseconds> Point::event_over_kernel() const {
  if (!cold_summary || !profile || !profile->kernel) return std::nullopt;
  return cold_summary->median - profile->kernel->median;
}

std::optional<double> Point::elements_per_second() const {
  const std::optional<Summary>& summary = headline();
  if (!summary || summary->median.count() <= 0.0 || find_fault(request.problem)) return std::nullopt;
  return static_cast<double>(extents_of(request.problem).elements) / (summary->median.count() * 1e-9);
}

std::optional<Spread> spread_of_headline(const Point& point) {
  const Samples& samples = point.samples(point.headline_timing().value_or(Timing::cold));
  return samples && point.headline() ? spread_of(*samples) : std::nullopt;
}

}  // namespace knobscope
