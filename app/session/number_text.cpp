#include "session/number_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include <fmt/format.h>

namespace knobscope::session {
namespace {

/// Puts `space` between groups of three of the digits before the point.
std::string grouped(const std::string& number, std::string_view space) {
  const std::size_t start = number.starts_with('-') ? 1 : 0;
  const std::size_t point = std::min(number.find('.'), number.size());
  std::string out = number.substr(0, start);
  for (std::size_t i = start; i < point; ++i) {
    if (i > start && (point - i) % 3 == 0) out += space;
    out += number[i];
  }
  return out + number.substr(point);
}

/// Four digits that count, and never fewer before the point than there are.
std::string four_digits(double value, std::string_view space) {
  const double size = std::abs(value);
  const int decimals = size < 10 ? 3 : size < 100 ? 2 : size < 1000 ? 1 : 0;
  return grouped(fmt::format("{:.{}f}", value, decimals), space);
}

struct Unit {
  double size;
  std::string_view name;
};

/// `units` from small to large.
std::string with_unit(double value, std::span<const Unit> units, std::string_view space) {
  if (!std::isfinite(value)) return fmt::format("{}", value);
  const Unit* best = &units.front();
  for (const Unit& unit : units) {
    // 999.96 would print as 1000.0 of the smaller unit.
    if (std::abs(value) >= 0.99995 * unit.size) best = &unit;
  }
  return four_digits(value / best->size, space) + " " + std::string(best->name);
}

}  // namespace

std::string count_text(std::int64_t value, std::string_view space) { return grouped(fmt::format("{}", value), space); }

std::string time_text(Nanoseconds time, std::string_view space) {
  static constexpr std::array kUnits = {Unit{1, "ns"}, Unit{1e3, "µs"}, Unit{1e6, "ms"}, Unit{1e9, "s"}};
  return with_unit(time.count(), kUnits, space);
}

std::string rate_text(BytesPerSecond rate, std::string_view space) {
  // No TB/s: devices are compared in GB/s.
  static constexpr std::array kUnits = {Unit{1, "B/s"}, Unit{1e3, "kB/s"}, Unit{1e6, "MB/s"}, Unit{1e9, "GB/s"}};
  return with_unit(rate.value, kUnits, space);
}

std::string bytes_text(Bytes bytes, std::string_view space) {
  static constexpr std::array kUnits = {Unit{1, "B"}, Unit{1e3, "kB"}, Unit{1e6, "MB"}, Unit{1e9, "GB"}};
  return with_unit(static_cast<double>(bytes.count), kUnits, space);
}

std::string error_text(double error) {
  if (error == 0.0) return "0";
  if (!std::isfinite(error)) return fmt::format("{}", error);
  return fmt::format("{:.1e}", error);
}

std::string percent_text(double fraction) {
  if (!std::isfinite(fraction)) return fmt::format("{}", fraction);
  return fmt::format("{:.1f} %", 100.0 * fraction);
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

}  // namespace knobscope::session
