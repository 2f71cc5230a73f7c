#pragma once
// How long frames took, for tests and benchmarks: a window that measures must not stutter.

#include <cstddef>
#include <optional>
#include <vector>

namespace knobscope::gui {

class FrameTimes {
 public:
  /// Keeps the latest `capacity` frames.
  explicit FrameTimes(std::size_t capacity = 4096) : capacity_(capacity) {}
  void add(double milliseconds);
  void clear();
  std::size_t count() const { return times_.size(); }
  /// Of the frames kept; nothing while there are none. q in [0, 1].
  std::optional<double> quantile_ms(double q) const;

 private:
  std::size_t capacity_;
  std::size_t next_ = 0;
  std::vector<double> times_;
};

}  // namespace knobscope::gui
