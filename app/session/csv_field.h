#pragma once
// Fields of comma-separated values, the same in every table that is exported.

#include <optional>
#include <string>

namespace knobscope::session {

/// RFC 4180: quotes around a field that needs them, quotes inside doubled.
std::string csv_field(const std::string& text);

/// The shortest text that reads back as the same number; "inf" and "nan" as every reader of CSV knows them.
std::string csv_number(double value);
/// Empty without one.
std::string csv_number(const std::optional<double>& value);

}  // namespace knobscope::session
