#pragma once
// Small rounded facts and buttons.

#include <cstdint>
#include <string_view>

#include "gui/theme.h"

namespace knobscope::gui {

/// A fact ("registers 168") on raised ground: label quiet, value strong. Flows: starts a new line when it would not
/// fit; call begin_chips() before the first of a group.
void begin_chips(const Theme& theme);
void chip(const Theme& theme, std::string_view label, std::string_view value, const Tint* tint = nullptr);
void end_chips();

enum class ButtonKind : std::uint8_t { plain, primary, quiet };

/// A button in the theme's look with the key that does the same, if any. True when pressed.
bool button(const Theme& theme, const char* id, std::string_view label, std::string_view key = {},
            ButtonKind kind = ButtonKind::plain, bool enabled = true);
/// Width the button takes, for right alignment.
float button_width(const Theme& theme, std::string_view label, std::string_view key = {});

}  // namespace knobscope::gui
