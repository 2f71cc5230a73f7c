#pragma once
// A window with an OpenGL 3.3 context: on the desktop's display, or on none at all. One at a time, on the main thread.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "gui/gui.h"
#include "gui/render/pixel_rect.h"
#include "gui/shell/sub_buffer.h"

struct GLFWwindow;

namespace knobscope::gui {

/// No window, or no OpenGL 3.3; says what to do.
struct WindowError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What OpenGL draws with.
struct Graphics {
  std::string renderer;  ///< OpenGL's own name of it
  std::string uuid;      ///< as DeviceFacts::uuid; empty where OpenGL does not tell

  /// Whether it is an OpenGL that the processor draws.
  bool is_software() const;
};

class Platform {
 public:
  struct Options {
    Display display = Display::automatic;
    std::optional<WindowSize> size;
    bool hidden = false;  ///< never shown, for pictures
    std::string title = "Knobscope";
  };

  /// Throws WindowError.
  explicit Platform(const Options& options);
  ~Platform();
  Platform(const Platform&) = delete;
  Platform& operator=(const Platform&) = delete;

  GLFWwindow* handle() const { return window_; }
  /// Whether there is no display, so that nobody will ever press a key.
  bool headless() const { return headless_; }
  WindowSize framebuffer_size() const;
  /// Window coordinates per design pixel as the monitor says; without a display, one that fits the size.
  float content_scale() const;
  bool should_close() const;
  bool focused() const;
  /// Sleeps until there is an event, another thread woke it, or the time is over.
  void wait_events(double timeout_s) const;
  void poll_events() const;
  /// Brings what was drawn to the display. What is drawn next must fill the window.
  void swap() const;
  /// Whether parts of it can be brought there: show_parts().
  bool shows_parts() const { return sub_buffer_.has_value(); }
  /// Precondition: shows_parts(), and since the window got its size, `size`, swap() was called.
  void show_parts(const std::vector<PixelRect>& parts, WindowSize size) const;
  /// Files dropped since the last call.
  std::vector<std::filesystem::path> take_dropped_files();
  /// Whether, since the last call, the display lost what was drawn or files were dropped.
  bool take_frame_wish();
  /// Whether, since the last call, the display lost what was drawn.
  bool take_loss();
  /// "OpenGL 3.3 · llvmpipe": for the log.
  std::string graphics() const;
  Graphics graphics_device() const;

  /// From any thread: ends wait_events().
  static void wake();

 private:
  GLFWwindow* window_ = nullptr;
  bool headless_ = false;
  bool wants_frame_ = false;
  bool lost_ = false;
  std::optional<SubBuffer> sub_buffer_;
  std::vector<std::filesystem::path> dropped_;
};

/// The scale for a picture of this size when no monitor says one: 1 up to 1440 rows, 2 at 2160.
float scale_for(WindowSize size);

}  // namespace knobscope::gui
