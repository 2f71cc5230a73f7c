#include "gui/shell/sub_buffer.h"

#include <GLFW/glfw3.h>

namespace knobscope::gui {

std::optional<SubBuffer> SubBuffer::find() {
  if (glfwExtensionSupported("GLX_MESA_copy_sub_buffer") != GLFW_TRUE) return std::nullopt;
  const auto copy = reinterpret_cast<Copy>(glfwGetProcAddress("glXCopySubBufferMESA"));
  const auto display = reinterpret_cast<void* (*)()>(glfwGetProcAddress("glXGetCurrentDisplay"));
  const auto drawable = reinterpret_cast<unsigned long (*)()>(glfwGetProcAddress("glXGetCurrentDrawable"));
  if (copy == nullptr || display == nullptr || drawable == nullptr) return std::nullopt;
  return SubBuffer(copy, display(), drawable());
}

void SubBuffer::copy(const PixelRect& part, int height) const {
  // GLX counts rows from the bottom.
  copy_(display_, drawable_, part.x, height - part.y - part.height, part.width, part.height);
}

}  // namespace knobscope::gui
