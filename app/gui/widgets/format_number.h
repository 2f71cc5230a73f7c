#pragma once
// Numbers as people read them: a fitting unit, three or four digits, thin spaces between thousands. What was not
// measured is an en dash. Pure functions, UTF-8.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/units.h"

namespace knobscope::gui {

/// "4 194 304" with thin spaces (U+2009).
std::string format_count(std::int64_t count);
/// "150.6 µs", "1.73 ms", "820 ns", "2.41 s".
std::string format_time(std::optional<Nanoseconds> time);
/// "68.8 ± 0.7 µs", "150.63 ± 0.14 µs": a time and half of its interval in one unit, no more digits than the interval
/// leaves sure (one, or two where it begins with 1). Without a finite interval the time alone.
std::string format_time_within(Nanoseconds time, Nanoseconds half);
/// "1 972 MHz", "203 W", "−5 °C": a whole number with a unit that takes no prefix.
std::string format_whole(double value, std::string_view unit);
/// "570.4 MB", "214 KB", "16 B"; decimal units (1 MB = 10^6 B).
std::string format_bytes(std::optional<Bytes> bytes);
/// "3.79 TB/s", "412 GB/s".
std::string format_rate(std::optional<BytesPerSecond> rate);
/// "71.3 GElem/s" from elements per second.
std::string format_elements_rate(std::optional<double> elements_per_second);
/// "3.41 TFLOP/s" from floating-point operations per second.
std::string format_operations_rate(std::optional<double> operations_per_second);
/// "92 %", "0.4 %" from a fraction.
std::string format_percent(std::optional<double> fraction);
/// "2.9e-6", "0", "Inf", "NaN": an error's size.
std::string format_error(std::optional<double> error);
/// "0.000487", "12 340.5", "5.5e-7", "Inf": a value with so many significant digits, for what has no unit.
std::string format_value(double value, int digits);
/// The same with its unit: "0.87 FLOP/B", "3.1 ULP".
std::string format_value(double value, int digits, std::string_view unit);
/// "8 192×4 096".
std::string format_extents(std::span<const std::int64_t> extents, std::string_view between);
/// "55.6 ×".
std::string format_ratio(std::optional<double> ratio);
/// "3.1 s", "2 min 05 s", "1 h 12 min".
std::string format_duration(double seconds);
/// The same for an axis: no digits that say nothing ("3 TB/s", "300 GB/s").
std::string format_rate_tick(double bytes_per_second);
std::string format_elements_tick(double elements_per_second);
std::string format_operations_tick(double operations_per_second);
std::string format_time_tick(double nanoseconds);
std::string format_percent_tick(double fraction);
std::string format_ratio_tick(double ratio);
/// Copies a label into a buffer of `size` bytes, ended by a zero; what does not fit is cut between characters.
/// Returns its length.
int copy_label(const std::string& label, char* buffer, int size);
/// "10³", "1", "3·10⁵": a value on a logarithmic scale.
std::string format_power(double value);

}  // namespace knobscope::gui
