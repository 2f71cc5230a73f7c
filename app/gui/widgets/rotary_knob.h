#pragma once
// A rotary knob that snaps to the values a kernel file allows.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "gui/theme.h"

namespace knobscope::gui {

/// Position of `value` in `values`, or of the nearest one. Precondition: values is not empty.
std::size_t nearest_index(std::span<const std::int64_t> values, std::int64_t value);

/// What a typed text means: the allowed value nearest to the number, or nothing when it is no number.
std::optional<std::int64_t> parse_knob_value(std::span<const std::int64_t> values, std::string_view text);

/// Drag (up or right turns it up), scroll while hovered, arrow keys while focused, double-click or Enter to type.
/// `width` is the whole widget's in device pixels. True in frames where `value` changed; it is always one of `values`.
bool rotary_knob(const Theme& theme, const char* id, std::string_view label, std::span<const std::int64_t> values,
                 std::int64_t& value, float width, std::string_view help = {});
/// Height the widget takes at that width.
float rotary_knob_height(const Theme& theme, float width);

}  // namespace knobscope::gui
