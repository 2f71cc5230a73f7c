#pragma once
// The points that wait, the one that runs, and how far along all of it is. Pure: no threads, no clock of its own.

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "core/snapshot.h"

namespace knobscope::worker {

class PointQueue {
 public:
  struct Running {
    PointRequest request;
    std::string tag;
    double since_s = 0.0;
    bool cancelled = false;  ///< the worker was told; its answer is still to come
  };

  explicit PointQueue(std::int64_t first_id) : next_id_(first_id) {}

  /// Queues points, giving an id to those that have 0. Earlier ones of the same non-empty tag that have not started are
  /// dropped. Returns whether the running point is to be cancelled: it has the tag and is not asked for again. One that
  /// is asked for again goes on, and is not queued a second time.
  ///
  /// What waits already is not queued a second time either: it stays where it is and belongs to the new tag. With
  /// `first` the points come before all that waits; those that waited move there and keep the tag they had, so that who
  /// asked for them first still gets them when the look goes elsewhere.
  bool add(std::vector<PointRequest> points, const std::string& tag, bool first = false);
  /// Drops all that wait.
  void clear();
  /// The next point becomes the running one. Precondition: none is running. Nothing when none waits.
  const PointRequest* start(double now_s);
  /// What start() would begin with; null when none waits.
  const PointRequest* next() const { return waiting_.empty() ? nullptr : &waiting_.front().request; }
  /// The running point is over: measured, or cancelled without a result.
  void finish(bool has_result, double now_s);

  /// The running point waits again, before all others: the worker died before it began with it.
  void put_back();

  bool empty() const { return waiting_.empty(); }
  /// Cheap unless something was queued or dropped since the last call.
  Waiting waiting() const;
  std::optional<Running>& running() { return running_; }
  const std::optional<Running>& running() const { return running_; }
  /// Time left from the mean time of the points done so far, on the emulated device for as many elements; nothing
  /// before the first.
  Progress progress(double now_s) const;
  /// Ids from here on are larger than this one.
  void skip_ids_to(std::int64_t used);

 private:
  struct Entry {
    PointRequest request;
    std::string tag;
  };

  /// The points to be queued: without those that wait already, which get the tag, or, with `first`, instead of those,
  /// which are taken out of the queue.
  std::vector<Entry> united(std::vector<PointRequest> points, const std::string& tag, bool first);

  std::int64_t next_id_;
  std::deque<Entry> waiting_;
  std::optional<Running> running_;
  std::int64_t done_ = 0;
  double busy_s_ = 0.0;       ///< time the done ones took
  double done_weight_ = 0.0;  ///< of the done ones
  mutable Waiting shown_;
  mutable bool shown_is_stale_ = false;  ///< something else than taking from the front has happened since
};

}  // namespace knobscope::worker
