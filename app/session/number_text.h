#pragma once
// Numbers as people read them: fitting units, four digits that count, a space between thousands.

#include <cstdint>
#include <string>
#include <string_view>

#include "core/units.h"

namespace knobscope::session {

/// Between thousands: a thin space where fonts have one, a plain one in terminals.
inline constexpr std::string_view kThinSpace = "\u2009";
inline constexpr std::string_view kPlainSpace = " ";

/// "16 777 216"
std::string count_text(std::int64_t value, std::string_view space = kPlainSpace);
/// "843.2 µs", "1.204 ms"
std::string time_text(Nanoseconds time, std::string_view space = kPlainSpace);
/// "3 411 GB/s", "812.5 MB/s"
std::string rate_text(BytesPerSecond rate, std::string_view space = kPlainSpace);
/// "268.4 MB", in thousands as rates are
std::string bytes_text(Bytes bytes, std::string_view space = kPlainSpace);
/// "1.2e-06", "0", "inf", "nan"
std::string error_text(double error);
/// "71.3 %" of 0.713
std::string percent_text(double fraction);

/// Columns a text takes on a terminal: its code points.
std::size_t width_of(std::string_view text);

}  // namespace knobscope::session
