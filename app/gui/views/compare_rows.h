#pragma once
// Ratios of times, sorted: two sessions, or the points on the problem that is set over their baseline. Pure but for
// what it remembers of pairs that were compared before.

#include <functional>
#include <map>
#include <span>
#include <vector>

#include "core/compared_sessions.h"
#include "gui/views/series.h"

namespace knobscope::gui {

/// Every comparison draws thousands of numbers, so over a baseline only so many are made: those of the fastest points.
inline constexpr std::size_t kMostCompared = 1'000;

/// Where points stand that are compared: position 1 is the one that became fastest.
struct CompareRows {
  std::vector<ComparedPoint> rows;  ///< those with a ratio, ascending; then those without
  std::size_t with_ratio = 0;       ///< how many have one
  std::size_t left_out = 0;         ///< slower ones beyond kMostCompared
  double threshold = kSameWithin;

  std::int64_t count(Change change) const;
  std::int64_t broken() const;
};

/// Remembers comparisons, which draw thousands of numbers each, by the points that they are of.
class Comparer {
 public:
  /// Points of the operation and device that are set, over the same choices in an older session. A device is the same
  /// one when its name is.
  CompareRows sessions(std::span<const PointPtr> base, const Snapshot& snapshot, const ViewState& state);
  /// Points on the problem that is set, whatever their knobs, over what `baseline` gives for them (null: none).
  CompareRows over_baseline(const Snapshot& snapshot, const ViewState& state,
                            const std::function<PointPtr(const Point&)>& baseline);

 private:
  const ComparedPoint& compared(const PointPtr& base, const PointPtr& next);

  /// Both points are kept, so that no other one can get their address.
  std::map<std::pair<PointPtr, PointPtr>, ComparedPoint> known_;
};

/// What the rows look like as lines of a plot: a series a variant, in its colour; y the ratio with its interval, x the
/// place in the order.
SeriesSet series_of(const CompareRows& rows, const Snapshot& snapshot, const ViewState& state,
                    const PointIndex* index = nullptr);

}  // namespace knobscope::gui
