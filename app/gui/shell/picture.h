#pragma once
// The window's content as a PNG, drawn once more into a framebuffer of its own: that works on every platform, also
// where the window itself has no surface that could be read.

#include <filesystem>

#include <imgui.h>

#include "gui/gui.h"

namespace knobscope::gui {

/// A part of a picture, from its upper left corner.
struct PixelRect {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;
};

/// Throws WindowError with what to do when the picture cannot be drawn or written. `ground`: where nothing is drawn.
void write_png(ImDrawData* draw_data, WindowSize size, const ImVec4& ground, const std::filesystem::path& file);
/// Only a part of it; what of the part lies outside is left out. Throws WindowError, also where nothing is left.
void write_png(ImDrawData* draw_data, WindowSize size, const ImVec4& ground, const PixelRect& part,
               const std::filesystem::path& file);

}  // namespace knobscope::gui
