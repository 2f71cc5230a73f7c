#pragma once
// The client's side of a worker: starts the process, feeds it, watches it, replaces it when it dies, and publishes
// what is known as immutable snapshots. Used by the window and by the command line alike.

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "core/error_region.h"
#include "core/known_ceilings.h"
#include "core/plan.h"
#include "core/snapshot.h"

namespace knobscope::worker {

/// Adds points to the queue. Points queued earlier under the same non-empty tag and not yet started are dropped, and
/// a running one is cancelled unless the new list asks for the same point. What waits already is not queued twice.
struct MeasurePoints {
  std::vector<PointRequest> points;  ///< id 0: the client gives one
  std::string tag;
  bool first = false;  ///< before all that waits: somebody looks there
};
/// Empties the queue and cancels the running point.
struct CancelAll {};
/// Stops taking new points from the queue after the running one (true), or goes on (false).
struct SetPaused {
  bool paused = false;
};
/// Asks for a part of an output, as Snapshot::error_regions shows it then. Served between points, also while paused; a
/// newer request replaces an older one of its slot.
struct LookAtErrors {
  ErrorRequest request;  ///< id 0: the client gives one
};
/// Forgets all points shown so far (they stay in the session file).
struct ClearPoints {};
/// Replaces what is shown by recorded points (opened from a session file); `ceilings` come with them.
struct ShowPoints {
  std::vector<PointPtr> points;
  std::vector<DeviceFacts> devices;
  bool own = false;  ///< of the session that is gone on with: before what is shown, and the devices stay
};
/// What a window does: results say whether it drew on the device that was timed. Without one: never posted.
struct SetWindow {
  std::vector<std::string> devices;  ///< that draw the window, by id
  bool live = false;                 ///< draws while samples are taken, too
  bool operator==(const SetWindow&) const = default;
};
/// Adds a line to the log.
struct AddLogLine {
  LogLevel level = LogLevel::info;
  std::string text;
};

using Command =
    std::variant<MeasurePoints, CancelAll, SetPaused, LookAtErrors, ClearPoints, ShowPoints, SetWindow, AddLogLine>;

/// Where views put what the user wants done. Thread-safe; returns at once.
class CommandSink {
 public:
  virtual ~CommandSink() = default;
  virtual void post(Command command) = 0;
};

struct ClientOptions {
  /// The worker's argv up to where it is told its folders: `--kernels`, `--cache` and `--file` follow for what is not
  /// empty below, by the names that the worker's machine has for them. When empty: this program, worker.
  std::vector<std::string> command;
  std::string kernels_dir;
  std::vector<std::string> kernel_files;  ///< outside kernels_dir, and in the catalog all the same; absolute paths
  std::string cache_dir;
  std::int64_t first_point_id = 1;
  std::vector<KnownCeilings> known_ceilings;  ///< of a session that is resumed; used where they still fit
  /// Called on the client's thread for every finished point, in order, before it appears in a snapshot.
  std::function<void(const PointPtr&)> on_point;
  /// Called on the client's thread after each published snapshot (to wake a sleeping window).
  std::function<void()> on_change;
};

class Client final : public CommandSink {
 public:
  explicit Client(ClientOptions options);
  ~Client() override;  ///< ends the worker (politely, then by force within 2 s)
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void post(Command command) override;
  /// The latest snapshot; never null. Lock-free or nearly so: safe to call once a frame.
  SnapshotPtr snapshot() const;
  /// Blocks until `done(snapshot)` or the timeout; returns whether it became true. For the command line and tests.
  bool wait(const std::function<bool(const Snapshot&)>& done, double timeout_s) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace knobscope::worker
