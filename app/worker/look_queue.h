#pragma once
// Which parts of outputs are to be looked at, the one that is, and what was seen. Pure: no threads, no clock.

#include <array>
#include <optional>

#include "core/error_region.h"

namespace knobscope::worker {

class LookQueue {
 public:
  /// A request waits for its turn in its slot, in place of an older one. Returns whether the running one is to be
  /// cancelled: it is of the same slot and looks at another point, so that all it prepares is for nothing.
  bool add(ErrorRequest request);
  /// The next one becomes the running one, the lower slot first. Precondition: none is running. Null when none waits.
  const ErrorRequest* start();
  /// The running one is over, with an answer or without one (null).
  void finish(ErrorRegionPtr seen);
  /// The running one is over for this reason.
  void fail(std::string why);
  /// Nothing is waited for any more; the running one goes on.
  void clear();

  bool empty() const;
  std::optional<ErrorRequest>& running() { return running_; }
  bool is_running(std::int64_t id) const { return running_ && running_->id == id; }
  const std::array<ErrorRegionPtr, kErrorSlots>& seen() const { return seen_; }

 private:
  std::int64_t next_id_ = -1;
  std::array<std::optional<ErrorRequest>, kErrorSlots> waiting_;
  std::optional<ErrorRequest> running_;
  std::array<ErrorRegionPtr, kErrorSlots> seen_;
};

}  // namespace knobscope::worker
