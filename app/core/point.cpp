#include "core/point.h"

namespace knobscope {

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

std::optional<double> Point::memcpy_fraction() const {
  const std::optional<BytesPerSecond> reached = bandwidth();
  if (!reached || !sized_copy || sized_copy->memcpy.value <= 0.0) return std::nullopt;
  return reached->value / sized_copy->memcpy.value;
}

std::optional<double> Point::sized_copy_fraction() const {
  const std::optional<BytesPerSecond> reached = bandwidth();
  if (!reached || !sized_copy || sized_copy->best.value <= 0.0) return std::nullopt;
  return reached->value / sized_copy->best.value;
}

std::optional<double> Point::elements_per_second() const {
  const std::optional<Summary>& summary = headline();
  if (!summary || summary->median.count() <= 0.0 || find_fault(request.problem)) return std::nullopt;
  return static_cast<double>(extents_of(request.problem).elements) / (summary->median.count() * 1e-9);
}

std::optional<Spread> spread_of_headline(const Point& point) {
  const Samples& samples = point.cold_summary ? point.cold : point.hot;
  return samples && point.headline() ? spread_of(*samples) : std::nullopt;
}

}  // namespace knobscope
