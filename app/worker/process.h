#pragma once
// One worker process and its three streams, on a libuv loop.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "worker/death.h"
#include "worker/protocol.h"

struct uv_loop_s;

namespace knobscope::worker {

/// Everything happens on the loop's thread. The process leads a group of its own, so that compilers it started die with
/// it. Destroying this while the process runs kills it.
class Process {
 public:
  struct Events {
    std::function<void(FromWorker)> on_message;
    std::function<void(std::string)> on_error_line;  ///< a line of its standard error, without the newline
    /// Last of all, after every message. May destroy the Process.
    std::function<void(const Death&)> on_end;
  };

  /// Starts `command` (argv; the first is looked up in PATH). When that fails, nothing, and `error` says why.
  static std::unique_ptr<Process> start(uv_loop_s* loop, const std::vector<std::string>& command, Events events,
                                        std::string& error);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// False when the message is too large to send; it is then not sent.
  bool send(const ToWorker& message);
  /// No more will be sent: a worker ends when its input does.
  void close_input();
  /// Ends it by force; `reason` becomes the death's own_reason.
  void kill(std::string reason);

 private:
  struct Handles;
  explicit Process(Handles* handles) : handles_(handles) {}
  Handles* handles_;  ///< frees itself when libuv has closed all of it
};

}  // namespace knobscope::worker
