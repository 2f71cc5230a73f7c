#include "gui/shell/picture.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <stb_image_write.h>

#include "gui/shell/platform.h"

namespace knobscope::gui {
namespace {

constexpr int kChannels = 3;

bool is_blank(const std::vector<unsigned char>& pixels) {
  return std::adjacent_find(pixels.begin(), pixels.end(), std::not_equal_to<>()) == pixels.end();
}

}  // namespace

void write_png(const Canvas& canvas, const std::filesystem::path& file) {
  write_png(canvas, {0, 0, canvas.size().width, canvas.size().height}, file);
}

void write_png(const Canvas& canvas, const PixelRect& part, const std::filesystem::path& file) {
  const WindowSize size = canvas.size();
  const int left = std::clamp(part.x, 0, size.width);
  const int top = std::clamp(part.y, 0, size.height);
  const int width = std::clamp(part.x + part.width, left, size.width) - left;
  const int height = std::clamp(part.y + part.height, top, size.height) - top;
  if (width == 0 || height == 0) throw WindowError("nothing of that is on screen: make its panel larger");
  if (file.has_parent_path()) {
    std::error_code ignored;
    std::filesystem::create_directories(file.parent_path(), ignored);
  }
  const std::vector<unsigned char> pixels = canvas.pixels();
  if (pixels.empty()) {
    throw WindowError(fmt::format("the graphics driver cannot draw a picture of {} × {}: choose a smaller size",
                                  size.width, size.height));
  }
  // No window is of one colour. Seen where kernels had faulted the GPU just before: its OpenGL then drew nothing.
  if (is_blank(pixels)) {
    throw WindowError("the graphics driver drew nothing: set KNOBSCOPE_GL_DEBUG=1 to see what it says");
  }
  const int stride = size.width * kChannels;
  const unsigned char* first = pixels.data() + static_cast<std::ptrdiff_t>(top) * stride + left * kChannels;
  if (stbi_write_png(file.string().c_str(), width, height, kChannels, first, stride) == 0) {
    throw WindowError(fmt::format("{}: cannot be written; choose another place", file.string()));
  }
}

}  // namespace knobscope::gui
