#include "cli/terminal.h"

#include <algorithm>
#include <charconv>

#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/places.h"

namespace knobscope::cli {

Terminal inspect_terminal() {
  Terminal terminal;
  terminal.out_is_terminal = ::isatty(STDOUT_FILENO) == 1;
  terminal.error_is_terminal = ::isatty(STDERR_FILENO) == 1;
  terminal.color = !process_environment("NO_COLOR") && process_environment("TERM").value_or("dumb") != "dumb";
  winsize size{};
  const int stream = terminal.out_is_terminal ? STDOUT_FILENO : STDERR_FILENO;
  if (::ioctl(stream, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    terminal.width = size.ws_col;
  } else if (const auto columns = process_environment("COLUMNS")) {
    int width = 0;
    const auto [end, error] = std::from_chars(columns->data(), columns->data() + columns->size(), width);
    if (error == std::errc() && end == columns->data() + columns->size()) terminal.width = std::clamp(width, 40, 1000);
  }
  return terminal;
}

}  // namespace knobscope::cli
