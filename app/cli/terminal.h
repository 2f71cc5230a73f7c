#pragma once
// What the two output streams are connected to.

namespace knobscope::cli {

struct Terminal {
  bool out_is_terminal = false;
  bool error_is_terminal = false;
  bool color = false;  ///< neither NO_COLOR nor a dumb terminal
  int width = 160;     ///< columns; wide when nobody counts them
};

Terminal inspect_terminal();

}  // namespace knobscope::cli
