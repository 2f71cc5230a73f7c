#pragma once
// The window's content as a PNG. It is read from where it is kept: that works on every platform, also where the window
// itself has no surface that could be read.

#include <filesystem>

#include "gui/render/canvas.h"

namespace knobscope::gui {

/// Throws WindowError with what to do when the picture could not be drawn or cannot be written.
void write_png(const Canvas& canvas, const std::filesystem::path& file);
/// Only a part of it; what of the part lies outside is left out. Throws WindowError, also where nothing is left.
void write_png(const Canvas& canvas, const PixelRect& part, const std::filesystem::path& file);

}  // namespace knobscope::gui
