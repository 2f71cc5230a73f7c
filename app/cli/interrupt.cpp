#include "cli/interrupt.h"

#include <ctime>

namespace knobscope::cli {

Interrupt::Interrupt() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals_, &before_);
}

Interrupt::~Interrupt() { stop_waiting(); }

int Interrupt::take() {
  const timespec at_once{};
  const int signal = sigtimedwait(&signals_, nullptr, &at_once);
  return signal > 0 ? signal : 0;
}

void Interrupt::stop_waiting() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

}  // namespace knobscope::cli
