#pragma once
// Frames only when there is something to show: input, a new snapshot, or a blinking text cursor.

#include <chrono>
#include <cstdint>
#include <utility>

#include "gui/gui.h"
#include "gui/shell/quiet_window.h"
#include "gui/shell/stage.h"
#include "worker/client.h"

namespace knobscope::gui {

class Pacing {
 public:
  Pacing(Graphics graphics, worker::Client& client) : quiet_(std::move(graphics), client) {}

  /// Sleeps as long as it may; then says whether to draw.
  bool wait(Stage& stage, const worker::Client& client);

 private:
  using Clock = std::chrono::steady_clock;

  QuietWindow quiet_;
  Clock::time_point last_frame_ = Clock::now();
  std::uint64_t revision_ = 0;
  WindowSize size_{0, 0};
  int settling_ = 8;  ///< frames still to draw: layouts and tooltips take a few
};

}  // namespace knobscope::gui
