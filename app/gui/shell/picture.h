#pragma once
// The window's content as a PNG, drawn once more into a framebuffer of its own: that works on every platform, also
// where the window itself has no surface that could be read.

#include <filesystem>

#include "gui/gui.h"

struct ImDrawData;

namespace knobscope::gui {

/// Throws WindowError with what to do when the picture cannot be drawn or written.
void write_png(ImDrawData* draw_data, WindowSize size, const std::filesystem::path& file);

}  // namespace knobscope::gui
