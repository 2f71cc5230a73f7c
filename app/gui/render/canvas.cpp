#include "gui/render/canvas.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include <glad/gl.h>
#include <imgui_impl_opengl3.h>

namespace knobscope::gui {
namespace {

constexpr std::size_t kCorners = 3;

/// Which pixels each triangle of a command may touch; none for those that are filled, which are taken off `fills`.
/// `first`: the command's first triangle, of all of the frame.
std::vector<ImVec4> pixels_drawn(const ImDrawData& frame, const ImDrawList& list, const ImDrawCmd& command,
                                 std::size_t first, std::span<const Fill>& fills) {
  constexpr ImVec4 kNone = {0.0F, 0.0F, -1.0F, -1.0F};
  const PixelRect scissor = scissor_of(frame, command);
  const ImDrawVert* vertices = list.VtxBuffer.Data + command.VtxOffset;
  const ImDrawIdx* indices = list.IdxBuffer.Data + command.IdxOffset;
  std::vector<ImVec4> pixels(command.ElemCount / kCorners);
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    if (!fills.empty() && fills.front().triangle == first + i) {
      pixels[i++] = kNone;
      pixels[i] = kNone;
      fills = fills.subspan(1);
    } else {
      const ImDrawIdx* at = indices + i * kCorners;
      const std::array<ImDrawVert, kCorners> corners = {vertices[at[0]], vertices[at[1]], vertices[at[2]]};
      pixels[i] = pixels_of(frame, scissor, corners);
    }
  }
  return pixels;
}

bool touches(const ImVec4& box, const ImVec4& rect) {
  return box.x < rect.z && box.z > rect.x && box.y < rect.w && box.w > rect.y;
}

ImVec4 edges_of(const PixelRect& rect) {
  return {static_cast<float>(rect.x), static_cast<float>(rect.y), static_cast<float>(rect.x + rect.width),
          static_cast<float>(rect.y + rect.height)};
}

/// A clip rectangle of which ImGui's renderer makes this scissor, also where its arithmetic rounds: the quarters are
/// what it cuts off.
ImVec4 clip_of(const ImDrawData& frame, const PixelRect& scissor) {
  const ImVec4 edges = edges_of(scissor);
  const ImVec2 scale = frame.FramebufferScale;
  const ImVec2 origin = frame.DisplayPos;
  return {(edges.x + 0.25F) / scale.x + origin.x, (edges.y - 0.5F) / scale.y + origin.y,
          (edges.z + 0.5F) / scale.x + origin.x, (edges.w - 0.25F) / scale.y + origin.y};
}

/// Adds a command for those triangles of `command` that touch `rect`, in their order.
void pick(const ImDrawData& frame, const ImDrawList& list, const ImDrawCmd& command, const std::vector<ImVec4>& pixels,
          const PixelRect& rect, ImDrawList& picked) {
  const PixelRect scissor = common(scissor_of(frame, command), rect);
  if (scissor.width == 0 || scissor.height == 0) return;
  ImDrawCmd part = command;
  part.ClipRect = clip_of(frame, scissor);
  part.IdxOffset = static_cast<unsigned int>(picked.IdxBuffer.Size);
  const ImDrawIdx* indices = list.IdxBuffer.Data + command.IdxOffset;
  const ImVec4 edges = edges_of(scissor);
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    if (!touches(pixels[i], edges)) continue;
    for (std::size_t corner = 0; corner < kCorners; ++corner) {
      picked.IdxBuffer.push_back(indices[i * kCorners + corner]);
    }
  }
  part.ElemCount = static_cast<unsigned int>(picked.IdxBuffer.Size) - part.IdxOffset;
  if (part.ElemCount > 0) picked.CmdBuffer.push_back(part);
}

/// Draws what belongs in the rectangles besides fills, and no pixel outside of these.
void draw_parts(ImDrawData& frame, const Damage& damage) {
  ImDrawData parts = frame;
  parts.CmdLists.clear();
  std::vector<std::unique_ptr<ImDrawList>> picked;
  std::vector<ImDrawList*> from;
  std::size_t first = 0;
  std::span<const Fill> fills = damage.fills;
  for (ImDrawList* list : frame.CmdLists) {
    auto part = std::make_unique<ImDrawList>(ImGui::GetDrawListSharedData());
    for (const ImDrawCmd& command : list->CmdBuffer) {
      if (command.UserCallback != nullptr) {
        part->CmdBuffer.push_back(command);
        continue;
      }
      const std::vector<ImVec4> pixels = pixels_drawn(frame, *list, command, first, fills);
      for (const PixelRect& rect : damage.rects) pick(frame, *list, command, pixels, rect, *part);
      first += pixels.size();
    }
    if (part->CmdBuffer.empty()) continue;
    part->VtxBuffer.swap(list->VtxBuffer);
    parts.CmdLists.push_back(part.get());
    picked.push_back(std::move(part));
    from.push_back(list);
  }
  ImGui_ImplOpenGL3_RenderDrawData(&parts);
  for (std::size_t i = 0; i < picked.size(); ++i) from[i]->VtxBuffer.swap(picked[i]->VtxBuffer);
}

/// `height`: the picture's, for OpenGL counts rows from the bottom.
void fill(const PixelRect& rect, ImU32 color, int height) {
  const ImVec4 parts = ImGui::ColorConvertU32ToFloat4(color);
  glClearColor(parts.x, parts.y, parts.z, 1.0F);
  glScissor(rect.x, height - rect.y - rect.height, rect.width, rect.height);
  glClear(GL_COLOR_BUFFER_BIT);
}

/// Fills the rectangles with what is below all else.
void fill_parts(const Damage& damage, ImU32 ground, int height) {
  glEnable(GL_SCISSOR_TEST);
  for (const PixelRect& rect : damage.rects) {
    fill(rect, ground, height);
    for (const Fill& each : damage.fills) {
      const PixelRect part = common(rect, each.rect);
      if (part.width > 0 && part.height > 0) fill(part, each.color, height);
    }
  }
  glDisable(GL_SCISSOR_TEST);
}

/// As ImGui would.
void draw_whole(ImDrawData& frame, const ImVec4& ground) {
  glClearColor(ground.x, ground.y, ground.z, 1.0F);
  glClear(GL_COLOR_BUFFER_BIT);
  ImGui_ImplOpenGL3_RenderDrawData(&frame);
}

}  // namespace

Canvas::~Canvas() {
  glDeleteFramebuffers(1, &framebuffer_);
  glDeleteTextures(1, &texture_);
}

void Canvas::resize(WindowSize size) {
  // Anew, for a size that the driver refuses would leave the texture with its old one.
  glDeleteFramebuffers(1, &framebuffer_);
  glDeleteTextures(1, &texture_);
  glGenTextures(1, &texture_);
  glGenFramebuffers(1, &framebuffer_);
  size_ = size;
  tiles_.forget();
  GLint bound = 0;
  glGetIntegerv(GL_TEXTURE_BINDING_2D, &bound);
  glBindTexture(GL_TEXTURE_2D, texture_);
  glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, size.width, size.height, 0, GL_RGBA, GL_UNSIGNED_BYTE, nullptr);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAX_LEVEL, 0);
  glBindTexture(GL_TEXTURE_2D, static_cast<GLuint>(bound));
  glBindFramebuffer(GL_FRAMEBUFFER, framebuffer_);
  glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, texture_, 0);
  complete_ = glCheckFramebufferStatus(GL_FRAMEBUFFER) == GL_FRAMEBUFFER_COMPLETE;
  glBindFramebuffer(GL_FRAMEBUFFER, 0);
}

bool Canvas::draw(ImDrawData& frame, WindowSize size, const ImVec4& ground, std::uint64_t pictures) {
  if (size.width != size_.width || size.height != size_.height) resize(size);
  glBindFramebuffer(GL_FRAMEBUFFER, complete_ ? framebuffer_ : 0);
  glViewport(0, 0, size.width, size.height);
  if (complete_ && in_parts_) {
    const ImU32 lowest = ImGui::ColorConvertFloat4ToU32(ground);
    const Damage damage = tiles_.follow(frame, size, lowest, pictures);
    fill_parts(damage, lowest, size.height);
    // Also where nothing changed: ImGui's textures are brought up to date with it.
    draw_parts(frame, damage);
    drawn_ = damage.rects;
  } else {
    draw_whole(frame, ground);
    drawn_ = {{0, 0, size.width, size.height}};
  }
  glBindFramebuffer(GL_FRAMEBUFFER, 0);
  return !drawn_.empty();
}

void Canvas::copy_to_window(const std::vector<PixelRect>& parts) const {
  if (!complete_) return;
  glBindFramebuffer(GL_READ_FRAMEBUFFER, framebuffer_);
  glBindFramebuffer(GL_DRAW_FRAMEBUFFER, 0);
  for (const PixelRect& part : parts) {
    const int right = part.x + part.width;
    const int top = size_.height - part.y;
    const int bottom = top - part.height;
    glBlitFramebuffer(part.x, bottom, right, top, part.x, bottom, right, top, GL_COLOR_BUFFER_BIT, GL_NEAREST);
  }
  glBindFramebuffer(GL_FRAMEBUFFER, 0);
}

double Canvas::drawn_share() const {
  double drawn = 0.0;
  for (const PixelRect& rect : drawn_) drawn += static_cast<double>(rect.width) * rect.height;
  return size_.width > 0 ? drawn / (static_cast<double>(size_.width) * size_.height) : 0.0;
}

std::vector<unsigned char> Canvas::pixels() const {
  if (!complete_) return {};
  const auto stride = static_cast<std::size_t>(size_.width) * 3;
  std::vector<unsigned char> from_below(stride * static_cast<std::size_t>(size_.height));
  glBindFramebuffer(GL_FRAMEBUFFER, framebuffer_);
  glPixelStorei(GL_PACK_ALIGNMENT, 1);
  glReadPixels(0, 0, size_.width, size_.height, GL_RGB, GL_UNSIGNED_BYTE, from_below.data());
  glBindFramebuffer(GL_FRAMEBUFFER, 0);
  std::vector<unsigned char> pixels(from_below.size());
  for (std::size_t at = 0; at < pixels.size(); at += stride) {
    std::copy_n(from_below.data() + (pixels.size() - stride - at), stride, pixels.data() + at);
  }
  return pixels;
}

}  // namespace knobscope::gui
