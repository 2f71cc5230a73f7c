#pragma once
// The command palette: everything that can be done, found by a few letters, without the mouse.

#include <array>
#include <string>
#include <vector>

#include "gui/theme.h"
#include "gui/views/action_list.h"

namespace knobscope::gui {

/// Which entries a query finds, the best first, those of one score in their order. Pure.
std::vector<std::size_t> found_entries(const std::vector<PaletteEntry>& entries, const std::string& query);

class Palette {
 public:
  void open();
  void close() { open_ = false; }
  bool is_open() const { return open_; }
  /// Draws it over everything else. Typing searches; arrows, Page Up and Down, Home and End move; Enter does what is
  /// chosen, and Esc or a click beside it closes.
  void draw(const Theme& theme, const std::vector<PaletteEntry>& entries);

 private:
  void move(std::size_t count);
  void draw_row(const Theme& theme, const PaletteEntry& entry, bool current, float width) const;

  std::array<char, 128> query_{};
  std::size_t current_ = 0;
  bool open_ = false;
  bool focus_wanted_ = false;
  bool scroll_wanted_ = false;
};

}  // namespace knobscope::gui
