#pragma once
// p99 of a series, which few samples do not tell.

#include <cstdint>
#include <span>
#include <string>

#include "gui/theme.h"

namespace knobscope::gui {

/// Whether so many samples tell a p99: samples_for_quantile().
bool p99_is_known(std::int64_t samples);

/// What it is written in: greyed where it is not known.
ImVec4 p99_ink(const Theme& theme, std::int64_t samples);

/// "71.2 µs", and "71.2 µs ?" where it is not known: grey alone could be missed. "–" for no samples.
std::string format_p99(std::span<const double> samples_ns);

/// What it is, and how many samples it needs where there are too few.
std::string p99_in_words(std::int64_t samples);

}  // namespace knobscope::gui
