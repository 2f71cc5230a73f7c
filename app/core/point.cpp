#include "core/point.h"

namespace knobscope {

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

}  // namespace knobscope
