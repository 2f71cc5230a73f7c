#pragma once
// Tells when something under kernels/ has changed, so that a dropped or saved file takes effect by itself.

#include <filesystem>
#include <functional>

struct uv_loop_s;

namespace knobscope::catalog {

/// Watches kernels/ and every folder below it (include/ too) on a libuv loop. Calls back about 75 ms after a burst of
/// changes ends (at most 500 ms after it began), and only when a file was added, removed or replaced, or its size or
/// time changed: an editor's swap files and reads do not count. Where the system has no file notifications left, the
/// files are looked at four times a second instead; in any case once every two seconds, for network file systems
/// that tell nothing. The folder may be missing, vanish and come back.
///
/// Everything happens on the loop's thread: construct, destroy and be called back there. The callback may destroy the
/// watcher. It does not keep the loop alive; after it is destroyed the loop must run once more (uv_run) before
/// uv_loop_close() succeeds. Never throws for what the file system does.
class Watcher {
 public:
  /// `loop` must outlive the watcher's handles, that is, be run until they are closed.
  Watcher(uv_loop_s* loop, std::filesystem::path kernels, std::function<void()> on_change);
  ~Watcher();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  /// False when the system's notifications could not be had and the files are polled.
  bool notified() const;

 private:
  struct State;
  State* state_;  ///< frees itself when libuv has closed its handles
};

}  // namespace knobscope::catalog
