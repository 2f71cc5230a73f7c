#include "session/csv_field.h"

#include <fmt/format.h>

namespace knobscope::session {

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos && !text.starts_with(' ') && !text.ends_with(' ')) {
    return text;
  }
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

std::string csv_number(double value) { return fmt::format("{}", value); }

std::string csv_number(const std::optional<double>& value) { return value ? csv_number(*value) : std::string(); }

}  // namespace knobscope::session
