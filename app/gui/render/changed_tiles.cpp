#include "gui/render/changed_tiles.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <xxhash.h>

namespace knobscope::gui {
namespace {

constexpr unsigned int kCorners = 3;

ImVec2 to_pixels(const ImDrawData& frame, float x, float y) {
  return {(x - frame.DisplayPos.x) * frame.FramebufferScale.x, (y - frame.DisplayPos.y) * frame.FramebufferScale.y};
}

/// Also where a coordinate is not a number.
bool is_empty(const ImVec4& box) { return !(box.z > box.x && box.w > box.y); }

/// What of a command decides how its triangles look, besides them.
std::uint64_t hash_of(const ImDrawCmd& command, std::uint64_t pictures) {
  const ImTextureData* own = command.TexRef._TexData;
  const std::array<std::uint64_t, 2> texture = {
      own != nullptr ? static_cast<std::uint64_t>(own->UniqueID) : static_cast<std::uint64_t>(command.TexRef._TexID),
      own != nullptr ? 0 : pictures + 1};
  return XXH3_64bits_withSeed(texture.data(), sizeof texture, XXH3_64bits(&command.ClipRect, sizeof command.ClipRect));
}

bool calls_back(const ImDrawData& frame) {
  return std::any_of(frame.CmdLists.begin(), frame.CmdLists.end(), [](const ImDrawList* list) {
    return std::any_of(list->CmdBuffer.begin(), list->CmdBuffer.end(),
                       [](const ImDrawCmd& command) { return command.UserCallback != nullptr; });
  });
}

/// Whether two triangles share a diagonal, as in rectangles, letters and strokes: corners a, b, c and a, c, d.
bool is_quad(const ImDrawIdx* indices) { return indices[3] == indices[0] && indices[4] == indices[2]; }

/// Whether it is a rectangle of one opaque colour, as ImDrawList::PrimRect makes them: corners clockwise, all at the
/// one texel that is white.
bool is_opaque_rectangle(const std::array<ImDrawVert, 4>& quad) {
  const auto& [a, b, c, d] = quad;
  if ((a.col & IM_COL32_A_MASK) != IM_COL32_A_MASK || a.col != b.col || a.col != c.col || a.col != d.col) return false;
  const auto is_same_texel = [&quad](const ImDrawVert& other) {
    return quad[0].uv.x == other.uv.x && quad[0].uv.y == other.uv.y;
  };
  if (!std::ranges::all_of(quad, is_same_texel)) return false;
  return a.pos.y == b.pos.y && b.pos.x == c.pos.x && c.pos.y == d.pos.y && d.pos.x == a.pos.x;
}

bool is_whole(float pixels) { return pixels == std::floor(pixels); }

/// Puts a row's runs under those above that are as wide and end there.
void add_row(std::vector<PixelRect>& rects, const std::vector<PixelRect>& row) {
  for (const PixelRect& run : row) {
    const auto above = std::ranges::find_if(rects, [&run](const PixelRect& rect) {
      return rect.x == run.x && rect.width == run.width && rect.y + rect.height == run.y;
    });
    if (above != rects.end()) {
      above->height += run.height;
    } else {
      rects.push_back(run);
    }
  }
}

}  // namespace

PixelRect scissor_of(const ImDrawData& frame, const ImDrawCmd& command) {
  const ImVec2 low = to_pixels(frame, command.ClipRect.x, command.ClipRect.y);
  const ImVec2 high = to_pixels(frame, command.ClipRect.z, command.ClipRect.w);
  if (!(high.x > low.x && high.y > low.y)) return {};
  // Rows are counted from the bottom there, and numbers cut off.
  const int rows = static_cast<int>(frame.DisplaySize.y * frame.FramebufferScale.y + 0.5F);
  const int below = static_cast<int>(static_cast<float>(rows) - high.y);
  const int height = static_cast<int>(high.y - low.y);
  return {static_cast<int>(low.x), rows - below - height, static_cast<int>(high.x - low.x), height};
}

ImVec4 pixels_of(const ImDrawData& frame, const PixelRect& scissor, std::span<const ImDrawVert> corners) {
  ImVec2 least = corners.front().pos;
  ImVec2 most = least;
  for (const ImDrawVert& corner : corners.subspan(1)) {
    least = {std::min(least.x, corner.pos.x), std::min(least.y, corner.pos.y)};
    most = {std::max(most.x, corner.pos.x), std::max(most.y, corner.pos.y)};
  }
  const ImVec2 low = to_pixels(frame, least.x, least.y);
  const ImVec2 high = to_pixels(frame, most.x, most.y);
  return {std::max(low.x, static_cast<float>(scissor.x)), std::max(low.y, static_cast<float>(scissor.y)),
          std::min(high.x, static_cast<float>(scissor.x + scissor.width)),
          std::min(high.y, static_cast<float>(scissor.y + scissor.height))};
}

template <typename Visit>
void ChangedTiles::for_each_tile(const ImVec4& box, const Visit& visit) {
  // Compared as floats: what lies far outside would not fit an integer.
  if (box.z < 0.0F || box.w < 0.0F || box.x >= static_cast<float>(size_.width) ||
      box.y >= static_cast<float>(size_.height)) {
    return;
  }
  const auto tile_of = [](float at, int count) {
    return static_cast<int>(std::clamp(at / static_cast<float>(kTile), 0.0F, static_cast<float>(count - 1)));
  };
  const int left = tile_of(box.x, columns_);
  const int right = tile_of(box.z, columns_);
  const int bottom = tile_of(box.w, rows_);
  for (int row = tile_of(box.y, rows_); row <= bottom; ++row) {
    Tile* tiles = now_.data() + static_cast<std::ptrdiff_t>(row) * columns_;
    for (int column = left; column <= right; ++column) visit(tiles[column]);
  }
}

void ChangedTiles::take_in(std::uint64_t content, const ImVec4& box) {
  for_each_tile(box, [content](Tile& tile) {
    // One after another, so that their order counts; the factor is the golden ratio's fraction in 64 bits.
    tile.hash = (tile.hash ^ content) * 0x9e3779b97f4a7c15U;
    tile.hash ^= tile.hash >> 32U;
  });
}

bool ChangedTiles::take_as_fill(ImU32 color, const ImVec4& box) {
  constexpr float kWorthIt = 64.0F * 64.0F;
  if ((box.z - box.x) * (box.w - box.y) < kWorthIt) return false;
  if (!is_whole(box.x) || !is_whole(box.y) || !is_whole(box.z) || !is_whole(box.w)) return false;
  bool is_lowest = true;
  for_each_tile(box, [&is_lowest](const Tile& tile) { is_lowest = is_lowest && !tile.is_drawn; });
  if (!is_lowest) return false;
  const PixelRect rect = {static_cast<int>(box.x), static_cast<int>(box.y), static_cast<int>(box.z - box.x),
                          static_cast<int>(box.w - box.y)};
  fills_.push_back({rect, color, triangles_});
  return true;
}

void ChangedTiles::take_in(const ImDrawData& frame, const ImDrawList& list, const ImDrawCmd& command,
                           std::uint64_t seed) {
  const ImDrawVert* vertices = list.VtxBuffer.Data + command.VtxOffset;
  const ImDrawIdx* indices = list.IdxBuffer.Data + command.IdxOffset;
  const PixelRect scissor = scissor_of(frame, command);
  const bool is_plain = command.TexRef._TexData != nullptr;
  for (unsigned int i = 0; i + kCorners <= command.ElemCount;) {
    const ImDrawIdx* at = indices + i;
    const bool quad = i + 2 * kCorners <= command.ElemCount && is_quad(at);
    const std::array<ImDrawVert, 4> corners = {vertices[at[0]], vertices[at[1]], vertices[at[2]],
                                               vertices[quad ? at[5] : at[2]]};
    const std::span<const ImDrawVert> used(corners.data(), quad ? 4 : 3);
    const ImVec4 box = pixels_of(frame, scissor, used);
    if (!is_empty(box)) {
      take_in(XXH3_64bits_withSeed(used.data(), used.size_bytes(), seed), box);
      if (!(quad && is_plain && is_opaque_rectangle(corners) && take_as_fill(corners[0].col, box))) {
        for_each_tile(box, [](Tile& tile) { tile.is_drawn = true; });
      }
    }
    i += quad ? 2 * kCorners : kCorners;
    triangles_ += quad ? 2 : 1;
  }
}

std::vector<PixelRect> ChangedTiles::differing() const {
  if (before_.size() != now_.size()) return {{0, 0, size_.width, size_.height}};
  std::vector<PixelRect> rects;
  std::vector<PixelRect> runs;
  for (int row = 0; row < rows_; ++row) {
    runs.clear();
    const int y = row * kTile;
    for (int column = 0; column < columns_; ++column) {
      const std::size_t at =
          static_cast<std::size_t>(row) * static_cast<std::size_t>(columns_) + static_cast<std::size_t>(column);
      if (now_[at].hash == before_[at]) continue;
      const int x = column * kTile;
      const int right = std::min(x + kTile, size_.width);
      // A single tile between two that differ is cheaper drawn than left out.
      if (!runs.empty() && x - (runs.back().x + runs.back().width) <= kTile) {
        runs.back().width = right - runs.back().x;
      } else {
        runs.push_back({x, y, right - x, std::min(kTile, size_.height - y)});
      }
    }
    add_row(rects, runs);
  }
  // Each costs draw calls of its own.
  constexpr std::size_t kMost = 64;
  if (rects.size() > kMost) return {around(rects)};
  return rects;
}

Damage ChangedTiles::follow(const ImDrawData& frame, WindowSize size, ImU32 ground, std::uint64_t pictures) {
  if (size.width != size_.width || size.height != size_.height || calls_back(frame)) forget();
  size_ = size;
  columns_ = (size.width + kTile - 1) / kTile;
  rows_ = (size.height + kTile - 1) / kTile;
  triangles_ = 0;
  // What decides where on the picture everything lies, and how it looks where there is nothing.
  const std::array<float, 6> place = {frame.DisplayPos.x,  frame.DisplayPos.y,       frame.DisplaySize.x,
                                      frame.DisplaySize.y, frame.FramebufferScale.x, frame.FramebufferScale.y};
  const std::uint64_t bare = XXH3_64bits_withSeed(place.data(), sizeof place, ground);
  now_.assign(static_cast<std::size_t>(columns_) * static_cast<std::size_t>(rows_), {bare, false});
  fills_.clear();
  for (const ImDrawList* list : frame.CmdLists) {
    for (const ImDrawCmd& command : list->CmdBuffer) take_in(frame, *list, command, hash_of(command, pictures));
  }
  Damage damage = {differing(), fills_};
  before_.resize(now_.size());
  std::ranges::transform(now_, before_.begin(), [](const Tile& tile) { return tile.hash; });
  return damage;
}

}  // namespace knobscope::gui
