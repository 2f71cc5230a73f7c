#pragma once
// Which parts of a frame differ from the one before. A frame is cut into square tiles; each has a hash of what is drawn
// in it, in its order, so that equal hashes mean equal pixels. The idea is that of R. Lithgow's "Cached software
// rendering" (rxi.github.io/cached_software_rendering.html); here a tile holds Dear ImGui's triangles.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <imgui.h>

#include "gui/gui.h"
#include "gui/render/pixel_rect.h"

namespace knobscope::gui {

/// A rectangle of one opaque colour with nothing below it: filled instead of drawn, which is much less work where the
/// processor draws.
struct Fill {
  PixelRect rect;
  ImU32 color = 0;
  std::size_t triangle = 0;  ///< the first of its two, of all of the frame in the order of its lists and commands
};

/// What to draw again.
struct Damage {
  std::vector<PixelRect> rects;  ///< disjoint, inside of the picture
  std::vector<Fill> fills;       ///< of the whole frame, in its order
};

class ChangedTiles {
 public:
  /// What differs from the frame of the last call. All of it at first, in another size, and where a command calls back,
  /// of which nobody knows what it draws. `ground` is the colour where nothing is drawn; `pictures` changes whenever
  /// the content of a texture changes that is not Dear ImGui's own.
  Damage follow(const ImDrawData& frame, WindowSize size, ImU32 ground, std::uint64_t pictures);
  /// The next frame differs in all of it.
  void forget() { before_.clear(); }

  /// Pixels a side.
  static constexpr int kTile = 32;

 private:
  struct Tile {
    std::uint64_t hash = 0;
    bool is_drawn = false;  ///< with something besides fills
  };
  void take_in(const ImDrawData& frame, const ImDrawList& list, const ImDrawCmd& command, std::uint64_t seed);
  void take_in(std::uint64_t content, const ImVec4& box);
  bool take_as_fill(ImU32 color, const ImVec4& box);
  /// Calls `visit` with each tile that has pixels of a box.
  template <typename Visit>
  void for_each_tile(const ImVec4& box, const Visit& visit);
  std::vector<PixelRect> differing() const;

  WindowSize size_{0, 0};
  int columns_ = 0;
  int rows_ = 0;
  std::size_t triangles_ = 0;  ///< taken in so far
  std::vector<Tile> now_;
  std::vector<Fill> fills_;
  std::vector<std::uint64_t> before_;  ///< hashes of the frame before; empty: nothing is known
};

/// The pixels to which a command's clip rectangle confines it, whole ones as ImGui's OpenGL renderer counts them.
PixelRect scissor_of(const ImDrawData& frame, const ImDrawCmd& command);

/// Pixels that triangles with these corners may touch inside of their command's scissor: left, top, right, bottom,
/// where right ≤ left or bottom ≤ top means none.
ImVec4 pixels_of(const ImDrawData& frame, const PixelRect& scissor, std::span<const ImDrawVert> corners);

}  // namespace knobscope::gui
