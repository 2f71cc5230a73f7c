#pragma once
// Gives Dear ImGui and ImPlot the theme's look.

#include "gui/theme.h"

namespace knobscope::gui {

/// Sets the current contexts' styles from the theme's tokens and scale. Cheap; call it when either changes.
void apply_style(const Theme& theme);

}  // namespace knobscope::gui
