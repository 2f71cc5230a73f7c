#include "cli/percent.h"

#include <charconv>
#include <cmath>

namespace knobscope::cli {

std::optional<double> read_share(std::string_view text, BareNumber bare) {
  const bool percent = text.ends_with('%');
  if (percent) text.remove_suffix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  double value = 0.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (percent || bare == BareNumber::is_percent) value /= 100.0;
  if (!(value > 0.0 && value < 1.0)) return std::nullopt;
  return value;
}

}  // namespace knobscope::cli
