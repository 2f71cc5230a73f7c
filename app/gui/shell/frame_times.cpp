#include "gui/shell/frame_times.h"

#include "core/statistics.h"

namespace knobscope::gui {

void FrameTimes::add(double milliseconds) {
  if (times_.size() < capacity_) {
    times_.push_back(milliseconds);
    return;
  }
  times_[next_] = milliseconds;
  next_ = (next_ + 1) % capacity_;
}

void FrameTimes::clear() {
  times_.clear();
  next_ = 0;
}

std::optional<double> FrameTimes::quantile_ms(double q) const { return quantile(times_, q); }

}  // namespace knobscope::gui
