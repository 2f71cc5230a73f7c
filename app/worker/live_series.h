#pragma once
// The series of the running point, put together from what the worker tells.

#include <map>

#include "core/series_step.h"
#include "core/snapshot.h"

namespace knobscope::worker {

class LiveSeries {
 public:
  void clear() { by_timing_.clear(); }
  /// False when the phase is no technique's.
  bool take(Phase phase, const SeriesStep& step);
  /// As copies: a snapshot never changes.
  void put_into(LivePoint& live) const;

 private:
  std::map<Timing, GrowingSeries> by_timing_;
};

}  // namespace knobscope::worker
