#pragma once
// What the window shows, kept from one frame to the next. Where the processor draws, a frame's time goes into filling
// pixels, and most of them are what they were: there only what changed is drawn again. Belongs to the UI thread with
// the context current, from construction to destruction.

#include <cstdint>
#include <vector>

#include <imgui.h>

#include "gui/gui.h"
#include "gui/render/changed_tiles.h"
#include "gui/render/pixel_rect.h"

namespace knobscope::gui {

class Canvas {
 public:
  /// `in_parts`: only what changed is drawn again. Finding that out takes longer than a graphics card takes to draw
  /// all.
  explicit Canvas(bool in_parts) : in_parts_(in_parts) {}
  ~Canvas();
  Canvas(const Canvas&) = delete;
  Canvas& operator=(const Canvas&) = delete;

  /// Draws a frame, or what differs from the last one. `ground`: where nothing is drawn. `pictures` as of
  /// ChangedTiles::follow. Returns whether anything was drawn. Where the driver cannot keep a picture of that size, all
  /// is drawn each time, to the window itself.
  bool draw(ImDrawData& frame, WindowSize size, const ImVec4& ground, std::uint64_t pictures);
  /// Of the last frame, in pixels.
  WindowSize size() const { return size_; }
  /// What the last frame drew.
  const std::vector<PixelRect>& drawn() const { return drawn_; }
  /// Copies parts to the window's back buffer.
  void copy_to_window(const std::vector<PixelRect>& parts) const;
  /// The next frame is drawn as a whole: what was kept may be lost, or the window.
  void forget() { tiles_.forget(); }

  /// False where the driver cannot keep a picture of the last frame's size.
  bool is_complete() const { return complete_; }
  /// The part of its pixels that the last frame drew, 0 to 1.
  double drawn_share() const;
  /// Red, green and blue of each pixel, a byte each, rows from the top, without padding. Empty when not complete.
  std::vector<unsigned char> pixels() const;

 private:
  void resize(WindowSize size);

  bool in_parts_;
  ChangedTiles tiles_;
  std::vector<PixelRect> drawn_;
  WindowSize size_{0, 0};
  unsigned int texture_ = 0;
  unsigned int framebuffer_ = 0;
  bool complete_ = false;
};

}  // namespace knobscope::gui
