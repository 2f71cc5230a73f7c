#include "gui/shell/quiet_window.h"

#include <algorithm>

namespace knobscope::gui {
bool draws_on(const Graphics& graphics, const DeviceFacts& device) {
  if (device.kind == DeviceKind::cpu) return graphics.is_software();
  if (device.kind != DeviceKind::cuda) return false;
  if (!graphics.uuid.empty() && !device.uuid.empty()) return graphics.uuid == device.uuid;
  return !device.name.empty() && graphics.renderer.find(device.name) != std::string::npos;
}

bool takes_samples(const Snapshot& snapshot) {
  if (!snapshot.live) return false;
  const Phase phase = snapshot.live->phase;
  return phase == Phase::warm_up || phase == Phase::ceiling || phase == Phase::counters || timing_of(phase).has_value();
}

void QuietWindow::follow(const Snapshot& snapshot, bool live) {
  worker::SetWindow now;
  now.live = live;
  for (const DeviceFacts& device : snapshot.devices) {
    if (draws_on(graphics_, device)) now.devices.push_back(device.id);
  }
  if (told_ && *told_ == now) return;
  told_ = now;
  commands_.post(std::move(now));
}

bool QuietWindow::holds(const Snapshot& snapshot, double since_last_frame_s) const {
  if (!told_ || told_->live || since_last_frame_s >= kFrameEvery_s || !takes_samples(snapshot)) return false;
  return std::ranges::find(told_->devices, snapshot.live->request.device) != told_->devices.end();
}

}  // namespace knobscope::gui
