#pragma once
// Ratios of times, sorted: two sessions, or the points on the problem that is set over their baseline. Pure but for
// what it remembers of pairs that were compared before.

#include <chrono>
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
  std::size_t waiting = 0;          ///< not compared yet: Comparer::go_on
  double threshold = kSameWithin;

  std::int64_t count(Change change) const;
  std::int64_t broken() const;
};

/// Remembers comparisons, which draw thousands of numbers each, by the points that they are of.
class Comparer {
 public:
  /// Chooses the points of the operation and device that are set, and the same choices in an older session. A device is
  /// the same one when its name is.
  void choose_sessions(std::span<const PointPtr> base, const Snapshot& snapshot, const ViewState& state);
  /// Chooses the points on the problem that is set, whatever their knobs, and what `baseline` gives for them (null:
  /// none), the fastest first. With `index`, which follows the snapshot, it is quick.
  void choose(const Snapshot& snapshot, const ViewState& state, const std::function<PointPtr(const Point&)>& baseline,
              const PointIndex* index = nullptr);
  /// Compares those chosen for as long as `patience` lasts and one at least; the next call goes on. Returns those that
  /// are compared, all of them in the end; where they are many it takes in new ones now and then.
  const CompareRows& go_on(std::chrono::nanoseconds patience = std::chrono::nanoseconds::max());

 private:
  using Clock = std::chrono::steady_clock;
  using Pair = std::pair<PointPtr, PointPtr>;  ///< the baseline, and what is compared with it
  void begin(std::vector<Pair> chosen, std::size_t left_out);
  const ComparedPoint& compared(const Pair& pair);
  void take_in();

  std::vector<Pair> chosen_;
  std::size_t left_out_ = 0;
  std::vector<ComparedPoint> done_;  ///< of those chosen, in their order
  CompareRows rows_;                 ///< of those that are done, as last taken in
  Clock::time_point taken_in_at_;
  /// Both points are kept, so that no other one can get their address.
  std::map<Pair, ComparedPoint> known_;
};

/// What the rows look like as lines of a plot: a series a variant, in its colour; y the ratio with its interval, x the
/// place in the order.
SeriesSet series_of(const CompareRows& rows, const Snapshot& snapshot, const ViewState& state,
                    const PointIndex* index = nullptr);

}  // namespace knobscope::gui
