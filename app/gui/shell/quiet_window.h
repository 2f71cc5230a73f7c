#pragma once
// A window that draws on the GPU that measures stands still while samples are taken.

#include <chrono>
#include <optional>
#include <string>

#include "core/snapshot.h"
#include "gui/shell/platform.h"
#include "worker/client.h"

namespace knobscope::gui {

/// Whether the window is drawn by this device: the same UUID; where OpenGL does not tell one, the device's name in the
/// renderer's. An OpenGL that draws on the CPU draws on the device cpu.
bool draws_on(const Graphics& graphics, const DeviceFacts& device);

/// Whether samples are taken, or will be within moments: from the warm-up on, so that no frame is still being drawn
/// when the first one is taken.
bool takes_samples(const Snapshot& snapshot);

/// Tells the worker's client what the window does, and the frame loop whether to draw. UI thread only.
class QuietWindow {
 public:
  /// While samples are taken a frame is drawn this often, to show that there is progress and to answer input.
  static constexpr double kFrameEvery_s = 0.25;

  QuietWindow(Graphics graphics, worker::CommandSink& commands) : graphics_(std::move(graphics)), commands_(commands) {}

  /// `live`: the window is to draw all the time. Once a turn of the frame loop.
  void follow(const Snapshot& snapshot, bool live);
  /// Whether a frame now would disturb what is measured; `since_last_frame_s` after the last one it may.
  bool holds(const Snapshot& snapshot, double since_last_frame_s) const;

 private:
  Graphics graphics_;
  worker::CommandSink& commands_;
  std::optional<worker::SetWindow> told_;
};

}  // namespace knobscope::gui
