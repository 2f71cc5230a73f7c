#include "gui/views/scope_trace.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include <fmt/format.h>

#include "core/environment_words.h"
#include "gui/widgets/format_number.h"

namespace knobscope::gui {
namespace {

/// Puts the samples of a series into the order taken.
ScopeSeries placed(Timing timing, const Samples& samples, const SeriesEnvironment* environment, double first) {
  ScopeSeries series;
  series.timing = timing;
  series.first = first;
  const std::size_t count = samples ? samples->size() : 0;
  if (count > 0) series.samples = samples;
  const auto discarded =
      environment != nullptr ? std::span(environment->discarded) : std::span<const DiscardedSample>();
  series.at.reserve(count);
  double at = first;
  auto next = discarded.begin();
  for (std::size_t i = 0; i <= count; ++i) {
    for (; next != discarded.end() && (i == count || next->after <= static_cast<std::int64_t>(i)); ++next, ++at) {
      series.discarded.push_back({at, next->time_ns, next->sm_clock_mhz, next->throttle_reasons});
    }
    if (i < count) series.at.push_back(at++);
  }
  series.taken = static_cast<std::int64_t>(count + discarded.size());
  if (count > 0) series.course = running_median(*samples);
  if (environment == nullptr) return series;
  if (environment->sm_clocks_mhz.size() == count) series.sm_clocks_mhz = environment->sm_clocks_mhz;
  for (const EnvironmentReading& told : environment->readings) {
    // Between the last sample before it and the next one.
    const auto taken = static_cast<double>(std::clamp<std::int64_t>(told.taken, 0, series.taken));
    series.readings.push_back({first + taken - 0.5, told});
  }
  return series;
}

template <class Timed>
ScopeTrace placed(std::string title, const Timed& timed) {
  ScopeTrace trace;
  trace.title = std::move(title);
  for (const Timing timing : kTimings) {
    ScopeSeries series =
        placed(timing, timed.samples(timing), timed.series_environment(timing), static_cast<double>(trace.taken));
    if (series.taken == 0) continue;
    trace.taken += series.taken;
    trace.series.push_back(std::move(series));
  }
  return trace;
}

bool has(const ScopeTrace& trace, Lane lane) {
  return std::ranges::any_of(trace.series,
                             [&](const ScopeSeries& series) { return !lane_points(series, lane).empty(); });
}

/// "clock, power, temperature": those that no series has; empty when none is missing.
std::string missing_lanes(const ScopeTrace& trace) {
  std::string names;
  for (const Lane lane : kLanes) {
    if (has(trace, lane)) continue;
    names += (names.empty() ? "" : ", ") + std::string(name_of(lane));
  }
  return names;
}

std::optional<double> told_of(const EnvironmentReading& told, Lane lane) {
  switch (lane) {
    case Lane::clock:
      return told.sm_clock_mhz;
    case Lane::power:
      return told.power_w;
    case Lane::temperature:
      break;
  }
  return told.temperature_c;
}

/// Below which differences are noise and not worth the lane's height.
double least_span(Lane lane, double value) {
  switch (lane) {
    case Lane::clock:
      return 0.05 * value;
    case Lane::power:
      return 40.0;
    case Lane::temperature:
      break;
  }
  return 6.0;
}

/// The place's nearest item in a list that is sorted by places; null when it is empty.
template <class Mark>
const Mark* nearest(const std::vector<Mark>& marks, double at) {
  const auto found = std::ranges::min_element(marks, {}, [at](const Mark& mark) { return std::abs(mark.at - at); });
  return found == marks.end() ? nullptr : &*found;
}

const ScopeSeries& series_at(const ScopeTrace& trace, double at) {
  for (const ScopeSeries& series : trace.series) {
    if (at < series.first + static_cast<double>(series.taken) - 0.5) return series;
  }
  return trace.series.back();
}

std::string words_of_reading(const EnvironmentReading& told) {
  std::vector<std::string> parts;
  if (told.sm_clock_mhz) parts.push_back(format_of(Lane::clock, *told.sm_clock_mhz));
  if (told.memory_clock_mhz) parts.push_back("memory " + format_of(Lane::clock, *told.memory_clock_mhz));
  if (told.power_w) parts.push_back(format_of(Lane::power, *told.power_w));
  if (told.temperature_c) parts.push_back(format_of(Lane::temperature, *told.temperature_c));
  if (told.throttle_reasons) parts.push_back("throttle reasons: " + reasons_in_words(*told.throttle_reasons));
  return fmt::format("{}", fmt::join(parts, " · "));
}

}  // namespace

std::string format_of(Lane lane, double value) {
  switch (lane) {
    case Lane::clock:
      return format_whole(value, "MHz");
    case Lane::power:
      return format_whole(value, "W");
    case Lane::temperature:
      break;
  }
  return format_whole(value, "°C");
}

const ScopeSeries* ScopeTrace::first_counted() const {
  const auto found = std::ranges::find_if(series, [](const ScopeSeries& each) { return each.samples != nullptr; });
  return found == series.end() ? nullptr : &*found;
}

std::int64_t ScopeTrace::discarded() const {
  std::int64_t count = 0;
  for (const ScopeSeries& each : series) count += std::ssize(each.discarded);
  return count;
}

ScopeTrace trace_of(const LivePoint& live, std::string title, DeviceKind kind) {
  ScopeTrace trace = placed(std::move(title), live);
  const std::string missing = missing_lanes(trace);
  if (!missing.empty())
    trace.without_lanes =
        fmt::format("no {}: {} does not tell", missing, kind == DeviceKind::cuda ? "this GPU" : "a CPU");
  return trace;
}

ScopeTrace trace_of(const Point& point, DeviceKind kind) {
  ScopeTrace trace = placed(point.variant_title, point);
  trace.least_mhz = point.throttle_rule().least_mhz();
  trace.shared = sharing_in_words(point.environment).value_or("");
  const std::string missing = missing_lanes(trace);
  if (missing.empty()) return trace;
  if (point.series_environments.empty()) {
    trace.without_lanes = fmt::format("no {}: recorded without", missing);
  } else if (!point.environment.untold.empty()) {
    trace.without_lanes = fmt::format("no {}: the device does not tell ({})", missing, point.environment.untold);
  } else {
    trace.without_lanes =
        fmt::format("no {}: {} does not tell", missing, kind == DeviceKind::cuda ? "this GPU" : "a CPU");
  }
  return trace;
}

std::vector<LanePoint> lane_points(const ScopeSeries& series, Lane lane) {
  std::vector<LanePoint> points;
  if (lane == Lane::clock) {
    for (std::size_t i = 0; i < series.sm_clocks_mhz.size(); ++i) {
      if (std::isfinite(series.sm_clocks_mhz[i])) points.push_back({series.at[i], series.sm_clocks_mhz[i]});
    }
    for (const DiscardedMark& each : series.discarded) {
      if (each.sm_clock_mhz) points.push_back({each.at, *each.sm_clock_mhz});
    }
    std::ranges::sort(points, {}, &LanePoint::at);
    if (!points.empty()) return points;
  }
  for (const ReadingMark& reading : series.readings) {
    if (const auto value = told_of(reading.told, lane)) points.push_back({reading.at, *value});
  }
  return points;
}

std::vector<std::optional<LaneColumn>> lane_columns(const std::vector<LanePoint>& points, PlaceRange places,
                                                    int columns) {
  std::vector<std::optional<LaneColumn>> result(static_cast<std::size_t>(std::max(columns, 1)));
  const auto last = static_cast<double>(result.size() - 1);
  const double scale = static_cast<double>(result.size()) / (places.high - places.low);
  for (const LanePoint& point : points) {
    const double place = std::clamp((point.at - places.low) * scale, 0.0, last);
    std::optional<LaneColumn>& column = result[static_cast<std::size_t>(place)];
    if (!column) column = LaneColumn{point.value, point.value};
    column->low = std::min(column->low, point.value);
    column->high = std::max(column->high, point.value);
  }
  return result;
}

std::optional<LaneRange> lane_range(const ScopeTrace& trace, Lane lane) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const ScopeSeries& series : trace.series) {
    for (const LanePoint& point : lane_points(series, lane)) {
      low = std::min(low, point.value);
      high = std::max(high, point.value);
    }
  }
  if (!(low <= high)) return std::nullopt;
  // Where samples were too slow, what they were held against is to be seen.
  if (lane == Lane::clock && trace.least_mhz && low < *trace.least_mhz) high = std::max(high, *trace.least_mhz);
  const double lacking = std::max(least_span(lane, high) - (high - low), 0.0);
  const double margin = 0.5 * lacking + 0.12 * (high - low);
  return LaneRange{low - margin, high + margin};
}

std::vector<std::string> describe_sample(const ScopeTrace& trace, double at) {
  if (trace.empty()) return {};
  const ScopeSeries& series = series_at(trace, at);
  const std::string timing(name_of(series.timing));
  const double place = std::clamp(std::round(at), series.first, series.first + static_cast<double>(series.taken) - 1.0);
  const auto number = static_cast<std::int64_t>(place - series.first) + 1;
  std::vector<std::string> lines = {
      fmt::format("{} · sample {} of {}", timing, format_count(number), format_count(series.taken))};
  const DiscardedMark* discarded = nearest(series.discarded, place);
  if (discarded != nullptr && discarded->at != place) discarded = nullptr;
  std::optional<double> clock;
  if (discarded != nullptr) {
    clock = discarded->sm_clock_mhz;
    const auto held = throttling_in_words(discarded->throttle_reasons);
    lines.push_back(fmt::format("{} · ≋ discarded: {}", format_time(Nanoseconds(discarded->time_ns)),
                                held ? *held : "its clock was too low"));
  } else {
    const auto found = std::ranges::lower_bound(series.at, place);
    const auto index = static_cast<std::size_t>(found - series.at.begin());
    if (found != series.at.end()) {
      lines.push_back(format_time(Nanoseconds((*series.samples)[index])));
      if (index < series.sm_clocks_mhz.size() && std::isfinite(series.sm_clocks_mhz[index])) {
        clock = series.sm_clocks_mhz[index];
      }
    }
  }
  if (clock) lines.push_back(fmt::format("SM clock {}, by its own cycles", format_of(Lane::clock, *clock)));
  if (const ReadingMark* reading = nearest(series.readings, place)) {
    const std::string told = words_of_reading(reading->told);
    if (!told.empty()) lines.push_back("the device told: " + told);
  }
  return lines;
}

}  // namespace knobscope::gui
