#pragma once
// A window with everything in it: platform, fonts, ImGui, renderer and interface in the order they need each other.
// What run(), screenshot() and the tests drive, frame by frame.

#include <filesystem>
#include <memory>

#include "core/snapshot.h"
#include "gui/gui.h"
#include "gui/render/canvas.h"
#include "gui/render/renderer.h"
#include "gui/shell/frame_times.h"
#include "gui/shell/interface.h"
#include "gui/shell/platform.h"
#include "gui/shell/settings_file.h"

namespace knobscope::gui {

struct StageOptions {
  Platform::Options platform;
  std::filesystem::path resources;      ///< holds assets/ and shaders/
  std::filesystem::path settings_file;  ///< what the window remembers from one start to the next; empty: nothing
  std::optional<float> scale;           ///< nothing: the platform's
  InterfaceOptions interface;           ///< its scale, layout and what is remembered are filled in
};

class Stage {
 public:
  /// Throws WindowError or FontError.
  Stage(const StageOptions& options, worker::CommandSink& commands, SessionKeeper& keeper);
  ~Stage();
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  /// Handles what happened since the last frame and draws one. Does not wait, except for the display's refresh.
  void frame(const Snapshot& snapshot);
  /// Whether the person did something that a frame must answer.
  bool has_input() const;
  /// Writes the last frame as a PNG. Throws WindowError when the file cannot be written.
  void write_picture(const std::filesystem::path& file);

  Platform& platform() { return *platform_; }
  Interface& interface() { return *interface_; }
  Renderer& renderer() { return *renderer_; }
  /// What the last frame left.
  const Canvas& canvas() const { return *canvas_; }
  /// Time of building and submitting frames, without waiting for the display.
  const FrameTimes& frame_times() const { return frame_times_; }
  void clear_frame_times() { frame_times_.clear(); }

 private:
  struct Contexts;
  void follow_scale();
  void show();
  void write_part(const PictureWish& wish);
  /// Loads what the last start left; its layout goes to ImGui.
  void remember(InterfaceOptions& interface);

  SettingsFile settings_;
  std::unique_ptr<Platform> platform_;
  std::unique_ptr<Contexts> contexts_;
  std::unique_ptr<Renderer> renderer_;
  std::unique_ptr<Canvas> canvas_;
  std::unique_ptr<Interface> interface_;
  std::optional<float> fixed_scale_;
  WindowSize shown_{0, 0};  ///< of the window when it was last shown
  FrameTimes frame_times_;
  double next_shader_look_ = 0.0;
};

}  // namespace knobscope::gui
