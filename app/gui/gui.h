#pragma once
// The window: what main calls. Also the window without a display: the same one, drawn off screen.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "gui/theme.h"

namespace knobscope {
class FitRules;
}

namespace knobscope::gui {

/// Which backend draws: a desktop's, or GLFW's null platform with EGL, which needs no display.
enum class Display : std::uint8_t { automatic, desktop, none };

struct WindowSize {
  int width = 1680;
  int height = 1050;
};

struct GuiOptions {
  std::filesystem::path resources;               ///< holds assets/ and shaders/
  std::filesystem::path kernels_dir;             ///< kernels/
  std::filesystem::path cache_dir;               ///< compiled kernels
  std::filesystem::path config_dir;              ///< what the window remembers is kept here; empty: nothing is
  std::vector<std::string> worker_command;       ///< as ClientOptions::command
  std::optional<std::filesystem::path> open;     ///< a session file to read instead of measuring
  std::optional<std::filesystem::path> session;  ///< measured points are written here; nothing: not until saved
  std::string device;                            ///< DeviceFacts::id; empty: the best found
  std::optional<WindowSize> size;                ///< device pixels; nothing: what fits the screen
  std::optional<float> scale;                    ///< nothing: the monitor's, or one that fits the size
  std::optional<ThemeName> theme;                ///< nothing: as it was last, dark at first
  std::optional<bool> live_window;               ///< draw while samples are taken, too; nothing: as last, no at first
  Display display = Display::automatic;
  double headless_limit_s = 60.0;  ///< without a display: stop the exploration after this long
  std::filesystem::path picture;   ///< without a display: the PNG to write; empty: knobscope.png
  std::string program_version;
  const FitRules* fit_rules = nullptr;  ///< for headers that pick by shape; null: only shapes that were measured
};

/// Opens the window and returns when it is closed. With no display: runs the built-in exploration until it is done or
/// the limit is over, prints the table of results and the picture's path to standard output. Returns the program's
/// exit code: 0, or 1 with one line on standard error when no window could be made or, without a display, when nothing
/// could be measured. Call it from the main thread.
int run(const GuiOptions& options);

/// What the large plot of a picture shows. What is not given stays as a window would have it.
struct PlotChoice {
  std::string lens;                    ///< LensFacts::id
  std::string quantity;                ///< QuantityScale::id, of speed
  std::string x_axis;                  ///< a knob, "columns" or "offset"
  std::vector<std::string> heat_axes;  ///< x and y of the heat map: knobs, "columns", "rows" or "type"
  std::optional<std::int64_t> point;   ///< to select; of a session its problem is shown
  std::optional<std::int64_t> baseline;
  std::optional<std::filesystem::path> compare;  ///< an older session: the compare lens compares with it
};

struct ScreenshotOptions {
  std::filesystem::path resources;
  std::filesystem::path kernels_dir;
  std::filesystem::path cache_dir;
  std::vector<std::string> worker_command;
  std::optional<std::filesystem::path> open;  ///< a session file; nothing: measure the built-in exploration
  std::filesystem::path out;                  ///< the PNG
  WindowSize size{1920, 1080};
  std::optional<float> scale;
  ThemeName theme = ThemeName::dark;
  std::string view;  ///< title of one panel to show alone; empty: the whole window
  std::string device;
  bool live_window = false;  ///< as in GuiOptions
  double limit_s = 60.0;
  PlotChoice plot;
};

/// Draws the window off screen and writes a picture of it. Returns the program's exit code; errors are one line on
/// standard error.
int screenshot(const ScreenshotOptions& options);

struct FramesOptions {
  std::filesystem::path resources;
  std::filesystem::path kernels_dir;
  std::filesystem::path cache_dir;
  std::vector<std::string> worker_command;
  std::optional<std::filesystem::path> open;  ///< a session file; nothing: frames while the built-in exploration runs
  WindowSize size{1280, 720};
  std::optional<float> scale;
  ThemeName theme = ThemeName::dark;
  Display display = Display::none;
  std::string device;
  double seconds = 4.0;  ///< of each part
};

/// How long one kind of frames took.
struct FrameSeries {
  std::string name;  ///< "sweep", or a lens' id
  std::int64_t frames = 0;
  double p50_ms = 0.0;
  double p99_ms = 0.0;
  double worst_ms = 0.0;
};

/// What `knobscope frames` prints.
struct FrameFigures {
  std::string graphics;         ///< OpenGL's version and renderer
  double first_frame_ms = 0.0;  ///< since the process was started, to 10 ms
  std::int64_t points = 0;      ///< shown
  std::int64_t samples = 0;     ///< of them
  std::vector<FrameSeries> series;
  std::int64_t idle_frames = 0;  ///< drawn while nothing happened
  double idle_s = 0.0;
  double idle_cpu = 0.0;  ///< share of one core that this process took then
};

/// Times the window's frames: the first since the process was started; those of each lens over a session, with the
/// mouse over the plot and another point selected every now and then, or those drawn sixty times a second while an
/// exploration runs; and what is drawn when nothing happens. A frame's time ends when the graphics driver has finished
/// it. Returns the program's exit code; errors are one line on standard error.
int measure_frames(const FramesOptions& options, FrameFigures& figures);
/// A line a figure, with what is aimed at beside it where the figure is held to something.
std::string to_text(const FrameFigures& figures);

/// Titles of all panels, for ScreenshotOptions::view.
std::vector<std::string> view_titles();

}  // namespace knobscope::gui
