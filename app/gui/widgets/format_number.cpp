#include "gui/widgets/format_number.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <string_view>

#include <fmt/format.h>

namespace knobscope::gui {
namespace {

constexpr std::string_view kThin = "\xE2\x80\x89";
constexpr std::string_view kNothing = "–";

/// Thin spaces between the thousands of a whole number's digits.
std::string grouped(std::string_view digits) {
  const std::size_t first = digits.starts_with('-') ? 1 : 0;
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > first && (digits.size() - i) % 3 == 0) text += kThin;
    text += digits[i];
  }
  return text;
}

/// "2.9e-06" says no more than "2.9e-6".
std::string with_short_exponent(const std::string& text) {
  const std::size_t e = text.find('e');
  return fmt::format("{}e{}", text.substr(0, e), std::stoi(text.substr(e + 1)));
}

std::string spelled_out(double value) { return std::isnan(value) ? "NaN" : value > 0.0 ? "Inf" : "-Inf"; }

/// Three significant digits, four where the first ones are 100 to 999: "3.79", "57.4", "570.4", "4 096".
std::string with_digits(double value) {
  const double size = std::fabs(value);
  if (size >= 1000.0) return format_count(std::llround(value));
  if (size >= 9.995) return fmt::format("{:.1f}", value);
  return fmt::format("{:.2f}", value);
}

struct Unit {
  double factor;
  std::string_view name;
};

/// So many of them behind the point; without any, in thousands: "68.8", "4 096".
std::string with_decimals(double value, int decimals) {
  return decimals == 0 ? format_count(std::llround(value)) : fmt::format("{:.{}f}", value, decimals);
}

/// The largest unit in which the value is at least 1 after rounding; the first one for smaller values.
template <std::size_t N>
const Unit& unit_of(double value, const std::array<Unit, N>& units) {
  const Unit* chosen = &units.front();
  for (const Unit& unit : units) {
    if (std::fabs(value) >= unit.factor * 0.9995) chosen = &unit;
  }
  return *chosen;
}

template <std::size_t N>
std::string in_unit(double value, const std::array<Unit, N>& units) {
  const Unit& unit = unit_of(value, units);
  return fmt::format("{}{}{}", with_digits(value / unit.factor), kThin, unit.name);
}

/// The same with the shortest digits, for round values.
template <std::size_t N>
std::string round_in_unit(double value, const std::array<Unit, N>& units) {
  if (value == 0.0) return "0";
  const Unit& unit = unit_of(value, units);
  return fmt::format("{:.3g}{}{}", value / unit.factor, kThin, unit.name);
}

constexpr std::array<Unit, 5> kRateUnits = {
    {{1.0, "B/s"}, {1e3, "KB/s"}, {1e6, "MB/s"}, {1e9, "GB/s"}, {1e12, "TB/s"}}};
constexpr std::array<Unit, 4> kTimeUnits = {{{1.0, "ns"}, {1e3, "µs"}, {1e6, "ms"}, {1e9, "s"}}};
constexpr std::array<Unit, 4> kElementUnits = {
    {{1.0, "Elem/s"}, {1e6, "MElem/s"}, {1e9, "GElem/s"}, {1e12, "TElem/s"}}};

constexpr std::array<Unit, 4> kOperationUnits = {
    {{1.0, "FLOP/s"}, {1e6, "MFLOP/s"}, {1e9, "GFLOP/s"}, {1e12, "TFLOP/s"}}};

constexpr std::array<std::string_view, 10> kSuperscripts = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};

std::string superscript(int exponent) {
  std::string digits = exponent < 0 ? "⁻" : "";
  for (const char digit : std::to_string(std::abs(exponent))) {
    digits += kSuperscripts[static_cast<std::size_t>(digit - '0')];
  }
  return digits;
}

}  // namespace

std::string format_count(std::int64_t count) { return grouped(std::to_string(count)); }

std::string format_time(std::optional<Nanoseconds> time) {
  if (!time || !std::isfinite(time->count())) return std::string(kNothing);
  return in_unit(time->count(), kTimeUnits);
}

std::string format_time_within(Nanoseconds time, Nanoseconds half) {
  if (!std::isfinite(time.count()) || !std::isfinite(half.count()) || half.count() <= 0.0) return format_time(time);
  const Unit& unit = unit_of(time.count(), kTimeUnits);
  const double within = half.count() / unit.factor;
  const double exponent = std::floor(std::log10(within));
  const bool begins_with_one = within / std::pow(10.0, exponent) < 2.0;
  const int digits = std::clamp(static_cast<int>(-exponent) + (begins_with_one ? 1 : 0), 0, 3);
  return fmt::format("{} ± {}{}{}", with_decimals(time.count() / unit.factor, digits), with_decimals(within, digits),
                     kThin, unit.name);
}

std::string format_whole(double value, std::string_view unit) {
  return fmt::format("{}{}{}", format_count(std::llround(value)), kThin, unit);
}

std::string format_bytes(std::optional<Bytes> bytes) {
  if (!bytes) return std::string(kNothing);
  if (std::abs(bytes->count) < 1000) return fmt::format("{}{}B", bytes->count, kThin);
  static constexpr std::array<Unit, 4> units = {{{1e3, "KB"}, {1e6, "MB"}, {1e9, "GB"}, {1e12, "TB"}}};
  return in_unit(static_cast<double>(bytes->count), units);
}

std::string format_rate(std::optional<BytesPerSecond> rate) {
  if (!rate || !std::isfinite(rate->value)) return std::string(kNothing);
  return in_unit(rate->value, kRateUnits);
}

std::string format_elements_rate(std::optional<double> elements_per_second) {
  if (!elements_per_second || !std::isfinite(*elements_per_second)) return std::string(kNothing);
  return in_unit(*elements_per_second, kElementUnits);
}

std::string format_operations_rate(std::optional<double> operations_per_second) {
  if (!operations_per_second || !std::isfinite(*operations_per_second)) return std::string(kNothing);
  return in_unit(*operations_per_second, kOperationUnits);
}

std::string format_percent(std::optional<double> fraction) {
  if (!fraction || !std::isfinite(*fraction)) return std::string(kNothing);
  const double percent = *fraction * 100.0;
  if (percent != 0.0 && std::fabs(percent) < 9.95) return fmt::format("{:.1f}{}%", percent, kThin);
  return fmt::format("{:.0f}{}%", percent, kThin);
}

std::string format_error(std::optional<double> error) {
  if (!error) return std::string(kNothing);
  if (!std::isfinite(*error)) return spelled_out(*error);
  return *error == 0.0 ? "0" : with_short_exponent(fmt::format("{:.1e}", *error));
}

std::string format_value(double value, int digits) {
  if (!std::isfinite(value)) return spelled_out(value);
  const std::string text = fmt::format("{:.{}g}", value, digits);
  if (text.find('e') != std::string::npos) return with_short_exponent(text);
  const std::size_t point = std::min(text.find('.'), text.size());
  return grouped(text.substr(0, point)) + text.substr(point);
}

std::string format_value(double value, int digits, std::string_view unit) {
  return fmt::format("{}{}{}", format_value(value, digits), kThin, unit);
}

std::string format_extents(std::span<const std::int64_t> extents, std::string_view between) {
  std::string text;
  for (const std::int64_t extent : extents) {
    if (!text.empty()) text += between;
    text += format_count(extent);
  }
  return text;
}

std::string format_ratio(std::optional<double> ratio) {
  if (!ratio || !std::isfinite(*ratio)) return std::string(kNothing);
  return fmt::format("{}{}×", with_digits(*ratio), kThin);
}

std::string format_duration(double seconds) {
  if (!std::isfinite(seconds)) return std::string(kNothing);
  if (seconds < 9.95) return fmt::format("{:.1f}{}s", seconds, kThin);
  const std::int64_t whole = std::llround(seconds);
  if (whole < 60) return fmt::format("{}{}s", whole, kThin);
  if (whole < 3600) return fmt::format("{}{}min {:02}{}s", whole / 60, kThin, whole % 60, kThin);
  return fmt::format("{}{}h {:02}{}min", whole / 3600, kThin, whole % 3600 / 60, kThin);
}

std::string format_rate_tick(double bytes_per_second) { return round_in_unit(bytes_per_second, kRateUnits); }

std::string format_elements_tick(double elements_per_second) {
  return round_in_unit(elements_per_second, kElementUnits);
}

std::string format_operations_tick(double operations_per_second) {
  return round_in_unit(operations_per_second, kOperationUnits);
}

std::string format_time_tick(double nanoseconds) { return round_in_unit(nanoseconds, kTimeUnits); }

std::string format_percent_tick(double fraction) { return fmt::format("{:.3g}{}%", fraction * 100.0, kThin); }

std::string format_ratio_tick(double ratio) { return format_value(ratio, 4, "×"); }

int copy_label(const std::string& label, char* buffer, int size) {
  if (size <= 0) return 0;
  auto length = std::min(label.size(), static_cast<std::size_t>(size - 1));
  // Not in the middle of a character of several bytes.
  while (length > 0 && length < label.size() && (static_cast<unsigned char>(label[length]) & 0xC0U) == 0x80U) --length;
  label.copy(buffer, length);
  buffer[length] = '\0';
  return static_cast<int>(length);
}

std::string format_power(double value) {
  if (value == 0.0) return "0";
  if (value < 0.0 || !std::isfinite(value)) return fmt::format("{:g}", value);
  const int exponent = static_cast<int>(std::floor(std::log10(value) + 1e-9));
  const double mantissa = value / std::pow(10.0, exponent);
  if (exponent >= -1 && exponent <= 1) return fmt::format("{:g}", value);
  std::string power = "10" + superscript(exponent);
  if (std::fabs(mantissa - 1.0) < 1e-6) return power;
  return fmt::format("{:.3g}·{}", mantissa, power);
}

}  // namespace knobscope::gui
