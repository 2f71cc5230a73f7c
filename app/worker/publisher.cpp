#include "worker/publisher.h"

#include <algorithm>
#include <chrono>

namespace knobscope::worker {

void Publisher::publish(SnapshotPtr snapshot) {
  {
    const std::lock_guard lock(mutex_);
    latest_.swap(snapshot);
  }
  changed_.notify_all();
  // The old one, if this was its last owner, dies here, outside the lock.
}

SnapshotPtr Publisher::latest() const {
  const std::lock_guard lock(mutex_);
  return latest_;
}

bool Publisher::wait(const std::function<bool(const Snapshot&)>& done, double timeout_s) const {
  constexpr double longest_s = 1e7;
  const auto end =
      std::chrono::steady_clock::now() + std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                                             std::chrono::duration<double>(std::min(timeout_s, longest_s)));
  SnapshotPtr seen = latest();
  while (!done(*seen)) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_until(lock, end, [&] { return latest_ != seen; })) return false;
    seen = latest_;
  }
  return true;
}

}  // namespace knobscope::worker
