#pragma once
// Pictures on the clipboard. GLFW puts only text there; the desktop's own tools take pictures, too.

#include <chrono>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace knobscope::gui {

/// Whose clipboard there is. On Wayland often both.
struct Desktop {
  bool wayland = false;
  bool x11 = false;
};

/// As WAYLAND_DISPLAY and DISPLAY tell.
Desktop desktop_of_environment();

/// A program that puts the PNG on its standard input on a clipboard.
struct ClipboardTool {
  std::vector<std::string> command;  ///< argv; the first is looked up in PATH
  std::string package;               ///< that has it
};

/// Those for a desktop, the best first: wl-copy, xclip. Empty without one.
std::vector<ClipboardTool> clipboard_tools(const Desktop& desktop);

/// What came of it.
struct CopiedPicture {
  std::string text;    ///< to be said in the window: that it is copied and saved, or only saved and what to do
  bool fault = false;  ///< a tool was there, but did not take it
};

/// Hands a PNG to the first of the tools that is installed, and waits until it has taken it, no longer than `limit`.
/// Thread-safe. The tool may go on serving the clipboard after this program has ended.
CopiedPicture copy_picture(const std::filesystem::path& png, std::span<const ClipboardTool> tools,
                           std::chrono::milliseconds limit = std::chrono::seconds(5));

}  // namespace knobscope::gui
