#pragma once
// The worker's way out: whole frames, one after another, whichever thread sends them.

#include <mutex>

#include "worker/protocol.h"

namespace knobscope::worker {

/// Thread-safe. send() blocks while the client does not read; a client that is gone makes later sends do nothing (the
/// end of standard input tells the worker).
class Outbox {
 public:
  /// `fd` stays the caller's.
  explicit Outbox(int fd) : fd_(fd) {}
  void send(const FromWorker& message);
  void log(LogLevel level, std::string text) { send(LogMessage{level, std::move(text)}); }

 private:
  bool write_all(std::string_view bytes);

  std::mutex mutex_;
  int fd_;
  bool broken_ = false;
};

}  // namespace knobscope::worker
