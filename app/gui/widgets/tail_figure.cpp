#include "gui/widgets/tail_figure.h"

#include <fmt/format.h>

#include "core/statistics.h"
#include "gui/widgets/format_number.h"

namespace knobscope::gui {
namespace {

constexpr double kTail = 0.99;

std::int64_t needed() { return static_cast<std::int64_t>(samples_for_quantile(kTail)); }

}  // namespace

bool p99_is_known(std::int64_t samples) { return samples >= needed(); }

ImVec4 p99_ink(const Theme& theme, std::int64_t samples) { return p99_is_known(samples) ? theme.text : theme.quiet; }

std::string format_p99(std::span<const double> samples_ns) {
  const auto p99 = quantile(samples_ns, kTail);
  if (!p99) return format_time(std::nullopt);
  const std::string text = format_time(Nanoseconds(*p99));
  return p99_is_known(static_cast<std::int64_t>(samples_ns.size())) ? text : text + " ?";
}

std::string p99_in_words(std::int64_t samples) {
  constexpr const char* meaning = "p99: 99 of 100 samples took no longer.";
  if (p99_is_known(samples)) return meaning;
  return fmt::format(
      "{} It takes at least {} samples to enclose it with 95\u2009%, and there are {}: of so few, it says little. "
      "--min-samples {} takes enough.",
      meaning, needed(), format_count(samples), needed());
}

}  // namespace knobscope::gui
