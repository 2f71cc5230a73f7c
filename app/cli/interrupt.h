#pragma once
// Ctrl+C as a question to ask, instead of a handler with global state.

#include <csignal>

namespace knobscope::cli {

/// While it lives, SIGINT and SIGTERM wait to be asked for. Make it before any thread starts: threads inherit the mask.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  /// The signal that came since the last call; 0 when none did.
  int take();
  /// From now on the signals end the process as usual.
  void stop_waiting();

 private:
  sigset_t signals_{};
  sigset_t before_{};
};

}  // namespace knobscope::cli
