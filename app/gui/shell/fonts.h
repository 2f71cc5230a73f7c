#pragma once
// The window's two type faces, from assets/fonts.

#include <filesystem>
#include <stdexcept>

#include "gui/theme.h"

namespace knobscope::gui {

/// A font file is not where it belongs; says which and where.
struct FontError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Adds the fonts of assets/fonts to the current ImGui context. Glyphs are made when first drawn, at the size they are
/// drawn, so any scale is crisp. Throws FontError.
Fonts load_fonts(const std::filesystem::path& assets);

}  // namespace knobscope::gui
