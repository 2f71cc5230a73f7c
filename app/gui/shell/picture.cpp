#include "gui/shell/picture.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <glad/gl.h>
#include <imgui.h>
#include <imgui_impl_opengl3.h>
#include <stb_image_write.h>

#include "gui/shell/platform.h"

namespace knobscope::gui {
namespace {

bool is_blank(const std::vector<unsigned char>& pixels) {
  return std::adjacent_find(pixels.begin(), pixels.end(), std::not_equal_to<>()) == pixels.end();
}

}  // namespace

void write_png(ImDrawData* draw_data, WindowSize size, const ImVec4& ground, const std::filesystem::path& file) {
  write_png(draw_data, size, ground, {0, 0, size.width, size.height}, file);
}

void write_png(ImDrawData* draw_data, WindowSize size, const ImVec4& ground, const PixelRect& part,
               const std::filesystem::path& file) {
  const int left = std::clamp(part.x, 0, size.width);
  const int top = std::clamp(part.y, 0, size.height);
  const int width = std::clamp(part.x + part.width, left, size.width) - left;
  const int height = std::clamp(part.y + part.height, top, size.height) - top;
  if (width == 0 || height == 0) throw WindowError("nothing of that is on screen: make its panel larger");
  if (file.has_parent_path()) {
    std::error_code ignored;
    std::filesystem::create_directories(file.parent_path(), ignored);
  }
  GLuint texture = 0;
  GLuint framebuffer = 0;
  glGenTextures(1, &texture);
  glBindTexture(GL_TEXTURE_2D, texture);
  glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, size.width, size.height, 0, GL_RGBA, GL_UNSIGNED_BYTE, nullptr);
  glGenFramebuffers(1, &framebuffer);
  glBindFramebuffer(GL_FRAMEBUFFER, framebuffer);
  glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, texture, 0);
  const bool complete = glCheckFramebufferStatus(GL_FRAMEBUFFER) == GL_FRAMEBUFFER_COMPLETE;
  const auto stride = static_cast<std::size_t>(size.width) * 3;
  std::vector<unsigned char> pixels(stride * static_cast<std::size_t>(size.height));
  if (complete) {
    glViewport(0, 0, size.width, size.height);
    glClearColor(ground.x, ground.y, ground.z, 1.0F);
    glClear(GL_COLOR_BUFFER_BIT);
    ImGui_ImplOpenGL3_RenderDrawData(draw_data);
    glPixelStorei(GL_PACK_ALIGNMENT, 1);
    glReadPixels(0, 0, size.width, size.height, GL_RGB, GL_UNSIGNED_BYTE, pixels.data());
  }
  glBindFramebuffer(GL_FRAMEBUFFER, 0);
  glDeleteFramebuffers(1, &framebuffer);
  glDeleteTextures(1, &texture);
  if (!complete) {
    throw WindowError(fmt::format("the graphics driver cannot draw a picture of {} × {}: choose a smaller size",
                                  size.width, size.height));
  }
  // No window is of one colour. Seen where kernels had faulted the GPU just before: its OpenGL then drew nothing.
  if (is_blank(pixels)) {
    throw WindowError("the graphics driver drew nothing: set KNOBSCOPE_GL_DEBUG=1 to see what it says");
  }
  // OpenGL counts rows from the bottom, PNG from the top.
  const unsigned char* first_row =
      pixels.data() + stride * static_cast<std::size_t>(size.height - 1 - top) + static_cast<std::size_t>(left) * 3;
  if (stbi_write_png(file.string().c_str(), width, height, 3, first_row, -static_cast<int>(stride)) == 0) {
    throw WindowError(fmt::format("{}: cannot be written; choose another place", file.string()));
  }
}

}  // namespace knobscope::gui
