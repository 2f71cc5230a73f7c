#pragma once
// Where the latest snapshot lies.

#include <condition_variable>
#include <functional>
#include <mutex>

#include "core/snapshot.h"

namespace knobscope::worker {

/// Thread-safe; a reader holds the lock only to copy one pointer.
class Publisher {
 public:
  void publish(SnapshotPtr snapshot);
  SnapshotPtr latest() const;
  /// Blocks until `done(latest())` or the timeout; returns whether it became true.
  bool wait(const std::function<bool(const Snapshot&)>& done, double timeout_s) const;

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  SnapshotPtr latest_ = std::make_shared<const Snapshot>();
};

}  // namespace knobscope::worker
