#include "core/sweep_estimate.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <map>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace knobscope {
namespace {

/// Compiling, filling and checking, where nothing has been measured yet.
constexpr double kBesideTiming_s = 0.3;
/// One unit of weight on the emulated device.
constexpr double kPlay_s = 1.0;
/// A longer time from one start to the next was no measuring.
constexpr double kLongestGap_s = 60.0;

/// The number that stands in `text` from `at` on with `digits` digits; nothing where none stands.
std::optional<int> number_at(std::string_view text, std::size_t at, std::size_t digits) {
  if (text.size() < at + digits) return std::nullopt;
  int value = 0;
  const char* const end = text.data() + at + digits;
  const auto [rest, error] = std::from_chars(text.data() + at, end, value);
  return error == std::errc() && rest == end ? std::optional(value) : std::nullopt;
}

/// UTC seconds of "2025-01-31T12:00:00.000Z"; nothing for another form.
std::optional<double> seconds_since_epoch(std::string_view text) {
  const auto year = number_at(text, 0, 4);
  const auto month = number_at(text, 5, 2);
  const auto day = number_at(text, 8, 2);
  const auto hour = number_at(text, 11, 2);
  const auto minute = number_at(text, 14, 2);
  const auto second = number_at(text, 17, 2);
  const int milliseconds = number_at(text, 20, 3).value_or(0);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return std::nullopt;
  const auto days = std::chrono::sys_days(date).time_since_epoch().count();
  return static_cast<double>(days) * 86'400.0 + *hour * 3600.0 + *minute * 60.0 + *second + milliseconds * 1e-3;
}

struct Mean {
  double seconds = 0.0;
  double weight = 0.0;
  std::int64_t count = 0;

  void add(double seconds_more, double weight_more) {
    seconds += seconds_more;
    weight += weight_more;
    ++count;
  }
  double of(double of_weight) const { return seconds / weight * of_weight; }
};

struct Learned {
  std::map<std::string, Mean, std::less<>> by_variant;
  Mean all;

  void add(const Point& point, double seconds) {
    const double weight = weight_of(point.request);
    by_variant[point.request.variant].add(seconds, weight);
    all.add(seconds, weight);
  }
};

Learned learn(std::span<const PointPtr> measured, std::string_view device) {
  Learned learned;
  std::vector<std::pair<double, const Point*>> silent;
  for (const PointPtr& point : measured) {
    if (point->request.device != device || point->is_baseline()) continue;
    if (const auto seconds = seconds_of(*point)) {
      learned.add(*point, *seconds);
    } else if (const auto start = seconds_since_epoch(point->environment.started_at)) {
      silent.emplace_back(*start, point.get());
    }
  }
  std::ranges::sort(silent);
  for (std::size_t i = 1; i < silent.size(); ++i) {
    const double gap = silent[i].first - silent[i - 1].first;
    if (gap > 0.0 && gap < kLongestGap_s) learned.add(*silent[i - 1].second, gap);
  }
  return learned;
}

/// What the method allows a point at most.
double limit_of(const PointRequest& request) {
  if (request.device == kEmulatedDevice) return kPlay_s * weight_of(request);
  return kBesideTiming_s + static_cast<double>(request.method.timings().size()) * request.method.time_limit_s;
}

std::string duration_words(double seconds) {
  const auto whole = static_cast<long long>(std::ceil(std::min(seconds, 1e9)));
  if (whole < 60) return std::to_string(whole) + " s";
  if (whole < 3600) return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
  return std::to_string(whole / 3600) + " h " + std::to_string(whole % 3600 / 60) + " min";
}

}  // namespace

double weight_of(const PointRequest& request) {
  if (request.device != kEmulatedDevice) return 1.0;
  double elements = 1.0;
  for (const std::int64_t extent : request.problem.shape) elements *= static_cast<double>(extent);
  return 1.0 + elements / 65'536.0;
}

std::optional<double> seconds_of(const Point& point) {
  if (!point.spent || point.spent->total() <= 0.0) return std::nullopt;
  return point.spent->total();
}

SweepEstimate estimate_sweep(std::span<const PointRequest> points, std::span<const PointPtr> measured) {
  SweepEstimate estimate;
  estimate.points = static_cast<std::int64_t>(points.size());
  std::map<std::string, Learned, std::less<>> devices;
  for (const PointRequest& point : points) {
    const auto [device, is_new] = devices.try_emplace(point.device);
    if (is_new) device->second = learn(measured, point.device);
    const Learned& learned = device->second;
    if (learned.all.count == 0) {
      estimate.seconds += limit_of(point);
      continue;
    }
    const auto variant = learned.by_variant.find(point.variant);
    const Mean& mean = variant != learned.by_variant.end() ? variant->second : learned.all;
    estimate.seconds += mean.of(weight_of(point));
  }
  for (const auto& [device, learned] : devices) estimate.learned_from += learned.all.count;
  return estimate;
}

std::string words_of(const SweepEstimate& estimate) {
  const std::string time = duration_words(estimate.seconds);
  if (estimate.learned_from == 0) return "at most about " + time + ", by the method's limits";
  return "about " + time + ", by " + std::to_string(estimate.learned_from) +
         (estimate.learned_from == 1 ? " point" : " points") + " measured before";
}

}  // namespace knobscope
