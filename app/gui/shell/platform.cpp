#include "gui/shell/platform.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <string_view>
#include <thread>
#include <utility>

#include <GLFW/glfw3.h>
#include <fmt/format.h>
#include <glad/gl.h>

#include "core/device_facts.h"

namespace knobscope::gui {
namespace {

bool has_display() {
  const auto set = [](const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0';
  };
#if defined(__APPLE__) || defined(_WIN32)
  return true;
#else
  return set("DISPLAY") || set("WAYLAND_DISPLAY");
#endif
}

/// Developers' switch: what the driver thinks of our OpenGL, on standard error.
bool wants_driver_messages() { return std::getenv("KNOBSCOPE_GL_DEBUG") != nullptr; }

void GLAD_API_PTR print_driver_message(GLenum, GLenum, GLuint, GLenum severity, GLsizei, const GLchar* message,
                                       const void*) {
  if (severity != GL_DEBUG_SEVERITY_NOTIFICATION) fmt::print(stderr, "OpenGL: {}\n", message);
}

void listen_to_driver() {
  if (glDebugMessageCallback == nullptr) return;
  glEnable(GL_DEBUG_OUTPUT);
  glEnable(GL_DEBUG_OUTPUT_SYNCHRONOUS);
  glDebugMessageCallback(print_driver_message, nullptr);
}

/// Of the one device that draws; empty when there are several, or OpenGL lacks GL_EXT_memory_object.
std::string device_uuid() {
  constexpr GLenum kDeviceUuids = 0x9596;  // GL_NUM_DEVICE_UUIDS_EXT
  constexpr GLenum kDeviceUuid = 0x9597;   // GL_DEVICE_UUID_EXT
  using GetBytes = void(GLAD_API_PTR*)(GLenum, GLuint, GLubyte*);
  if (glfwExtensionSupported("GL_EXT_memory_object") != GLFW_TRUE) return {};
  const auto get_bytes = reinterpret_cast<GetBytes>(glfwGetProcAddress("glGetUnsignedBytei_vEXT"));
  GLint count = 0;
  glGetIntegerv(kDeviceUuids, &count);
  if (get_bytes == nullptr || glGetError() != GL_NO_ERROR || count != 1) return {};
  std::array<std::uint8_t, 16> bytes{};
  get_bytes(kDeviceUuid, 0, bytes.data());
  return glGetError() == GL_NO_ERROR ? format_uuid(bytes) : std::string();
}

std::string latest_fault() {
  const char* text = nullptr;
  glfwGetError(&text);
  return text != nullptr ? text : "no reason given";
}

void hint_context(bool headless, bool hidden) {
  glfwDefaultWindowHints();
  glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, 3);
  glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, 3);
  glfwWindowHint(GLFW_OPENGL_PROFILE, GLFW_OPENGL_CORE_PROFILE);
  glfwWindowHint(GLFW_OPENGL_FORWARD_COMPAT, GLFW_TRUE);
  glfwWindowHint(GLFW_DEPTH_BITS, 0);
  glfwWindowHint(GLFW_STENCIL_BITS, 0);
  glfwWindowHint(GLFW_OPENGL_DEBUG_CONTEXT, wants_driver_messages() ? GLFW_TRUE : GLFW_FALSE);
  glfwWindowHint(GLFW_VISIBLE, hidden ? GLFW_FALSE : GLFW_TRUE);
  if (headless) glfwWindowHint(GLFW_CONTEXT_CREATION_API, GLFW_EGL_CONTEXT_API);
}

/// Nine tenths of the monitor's work area, at most what the arrangement was drawn for.
WindowSize fitting_size(bool headless) {
  WindowSize size;
  GLFWmonitor* monitor = headless ? nullptr : glfwGetPrimaryMonitor();
  if (monitor == nullptr) return size;
  float scale = 1.0F;
  glfwGetMonitorContentScale(monitor, &scale, nullptr);
  int width = 0;
  int height = 0;
  glfwGetMonitorWorkarea(monitor, nullptr, nullptr, &width, &height);
  const auto design = [scale](int pixels) { return static_cast<int>(static_cast<float>(pixels) * scale); };
  if (width > 0) size.width = std::min(design(size.width), width * 9 / 10);
  if (height > 0) size.height = std::min(design(size.height), height * 9 / 10);
  return size;
}

}  // namespace

bool Graphics::is_software() const {
  constexpr std::array<std::string_view, 4> kSoftware = {"llvmpipe", "softpipe", "swrast", "SwiftShader"};
  return std::ranges::any_of(kSoftware,
                             [this](std::string_view name) { return renderer.find(name) != std::string::npos; });
}

Platform::Platform(const Options& options) {
  headless_ = options.display == Display::none || (options.display == Display::automatic && !has_display());
  glfwInitHint(GLFW_PLATFORM, headless_ ? GLFW_PLATFORM_NULL : GLFW_ANY_PLATFORM);
  if (glfwInit() != GLFW_TRUE && !headless_ && options.display == Display::automatic) {
    // A DISPLAY that nobody answers (a closed ssh forwarding) is no display.
    headless_ = true;
    glfwInitHint(GLFW_PLATFORM, GLFW_PLATFORM_NULL);
    glfwInit();
  }
  if (glfwGetPlatform() == 0) {
    throw WindowError(
        fmt::format("no window: {}. Without a display it can be drawn off screen: --display none", latest_fault()));
  }
  hint_context(headless_, options.hidden);
  const WindowSize size = options.size.value_or(fitting_size(headless_));
  window_ = glfwCreateWindow(size.width, size.height, options.title.c_str(), nullptr, nullptr);
  if (window_ == nullptr) {
    const std::string reason = latest_fault();
    glfwTerminate();
    throw WindowError(fmt::format("no OpenGL 3.3: {}. {}", reason,
                                  headless_
                                      ? "Install libegl1 and a driver with EGL (Mesa's libegl-mesa0 draws on the CPU)"
                                      : "Update the graphics driver, or draw off screen with --display none"));
  }
  glfwMakeContextCurrent(window_);
  if (gladLoadGL(glfwGetProcAddress) == 0) {
    glfwDestroyWindow(window_);
    glfwTerminate();
    throw WindowError("the graphics driver does not give OpenGL 3.3's functions: update it");
  }
  if (wants_driver_messages()) listen_to_driver();
  glfwSwapInterval(headless_ || options.hidden ? 0 : 1);
  glfwSetWindowUserPointer(window_, this);
  glfwSetDropCallback(window_, [](GLFWwindow* window, int count, const char** paths) {
    auto* self = static_cast<Platform*>(glfwGetWindowUserPointer(window));
    for (int i = 0; i < count; ++i) self->dropped_.emplace_back(paths[i]);
    self->wants_frame_ = true;
  });
  glfwSetWindowRefreshCallback(window_, [](GLFWwindow* window) {
    auto* self = static_cast<Platform*>(glfwGetWindowUserPointer(window));
    self->wants_frame_ = true;
    self->lost_ = true;
  });
  // A graphics card shows whole windows faster, and without tearing.
  if (!headless_ && graphics_device().is_software()) sub_buffer_ = SubBuffer::find();
}

Platform::~Platform() {
  glfwDestroyWindow(window_);
  glfwTerminate();
}

WindowSize Platform::framebuffer_size() const {
  WindowSize size;
  glfwGetFramebufferSize(window_, &size.width, &size.height);
  return size;
}

float Platform::content_scale() const {
  if (headless_) return scale_for(framebuffer_size());
  float scale = 1.0F;
  glfwGetWindowContentScale(window_, &scale, nullptr);
  // Where window coordinates are not pixels (Wayland, macOS), ImGui scales by their ratio itself.
  int width = 0;
  glfwGetWindowSize(window_, &width, nullptr);
  const int pixels = framebuffer_size().width;
  if (width > 0 && pixels > 0) scale *= static_cast<float>(width) / static_cast<float>(pixels);
  return std::clamp(scale, 0.75F, 4.0F);
}

bool Platform::should_close() const { return glfwWindowShouldClose(window_) == GLFW_TRUE; }

bool Platform::focused() const { return headless_ || glfwGetWindowAttrib(window_, GLFW_FOCUSED) == GLFW_TRUE; }

void Platform::wait_events(double timeout_s) const {
  if (!headless_) {
    glfwWaitEventsTimeout(timeout_s);
    return;
  }
  // GLFW's null platform does not wait, and nothing could end it.
  constexpr double kLookEvery_s = 0.05;
  std::this_thread::sleep_for(std::chrono::duration<double>(std::clamp(timeout_s, 0.0, kLookEvery_s)));
}

void Platform::poll_events() const { glfwPollEvents(); }

void Platform::swap() const { glfwSwapBuffers(window_); }

void Platform::show_parts(const std::vector<PixelRect>& parts, WindowSize size) const {
  for (const PixelRect& part : parts) sub_buffer_->copy(part, size.height);
}

bool Platform::take_frame_wish() { return std::exchange(wants_frame_, false); }

bool Platform::take_loss() { return std::exchange(lost_, false); }

std::vector<std::filesystem::path> Platform::take_dropped_files() { return std::exchange(dropped_, {}); }

std::string Platform::graphics() const {
  const auto text = [](GLenum name) {
    const GLubyte* value = glGetString(name);
    return value != nullptr ? std::string(reinterpret_cast<const char*>(value)) : std::string("?");
  };
  return fmt::format("OpenGL {} · {}", text(GL_VERSION), text(GL_RENDERER));
}

Graphics Platform::graphics_device() const {
  const GLubyte* renderer = glGetString(GL_RENDERER);
  return {renderer != nullptr ? reinterpret_cast<const char*>(renderer) : "", device_uuid()};
}

void Platform::wake() { glfwPostEmptyEvent(); }

float scale_for(WindowSize size) {
  if (size.height <= 1440) return 1.0F;
  return std::clamp(std::round(static_cast<float>(size.height) / 1080.0F * 4.0F) / 4.0F, 1.0F, 4.0F);
}

}  // namespace knobscope::gui
