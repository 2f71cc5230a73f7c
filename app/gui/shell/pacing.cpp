#include "gui/shell/pacing.h"

#include <algorithm>
#include <thread>

#include <imgui.h>

namespace knobscope::gui {
namespace {

double since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

bool Pacing::wait(Stage& stage, const worker::Client& client) {
  Platform& platform = stage.platform();
  const double frame_s = 1.0 / 60.0;
  const SnapshotPtr now = client.snapshot();
  quiet_.follow(*now, stage.interface().live_window());
  if (const double passed = since(last_frame_); quiet_.holds(*now, passed)) {
    // Events are taken in all the while; what they change is drawn with the next frame.
    platform.wait_events(QuietWindow::kFrameEvery_s - passed);
    return false;
  }
  if (settling_ > 0) {
    platform.poll_events();
  } else {
    const bool typing = ImGui::GetIO().WantTextInput;
    platform.wait_events(typing ? 0.4 : 1.0);
    if (typing) settling_ = std::max(settling_, 1);
  }
  // At most sixty frames a second, also where the display does not hold us back.
  const double early = frame_s - since(last_frame_);
  if (early > 0.0) std::this_thread::sleep_for(std::chrono::duration<double>(early));
  const std::uint64_t revision = client.snapshot()->revision;
  const WindowSize size = platform.framebuffer_size();
  if (stage.has_input() || size.width != size_.width || size.height != size_.height || platform.take_frame_wish()) {
    settling_ = 4;
  }
  if (stage.interface().is_busy()) settling_ = std::max(settling_, 1);
  if (revision != revision_) settling_ = std::max(settling_, 1);
  revision_ = revision;
  size_ = size;
  if (settling_ == 0) return false;
  --settling_;
  last_frame_ = Clock::now();
  return true;
}

}  // namespace knobscope::gui
