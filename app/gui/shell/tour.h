#pragma once
// Three steps for who sees the window for the first time: the knobs, the plot, the verdict. It draws over the panels
// and takes no click that is not its own.

#include <cstddef>
#include <span>
#include <string_view>

#include "gui/theme.h"

namespace knobscope::gui {

struct TourStep {
  std::string_view panel;  ///< title of the one it points at
  std::string_view title;
  std::string_view text;
};

std::span<const TourStep> tour_steps();

class Tour {
 public:
  void begin();
  void end() { open_ = false; }
  bool is_open() const { return open_; }
  /// Whether it was ever begun here: it does not come back on its own.
  bool was_seen() const { return seen_; }
  std::size_t step() const { return step_; }
  /// The panel's frame and a card beside it, after the panels. Right and left arrow and Enter go on and back; Esc,
  /// which the shell takes, ends it.
  void draw(const Theme& theme);

 private:
  void go_to(std::size_t step);

  bool open_ = false;
  bool seen_ = false;
  std::size_t step_ = 0;
};

}  // namespace knobscope::gui
