#pragma once
// Two recordings of the same points: what became faster, slower or wrong, and what is in one of them only.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/comparison.h"
#include "core/point.h"

namespace knobscope {

/// A choice of variant and knobs on one problem and device, as both recordings have it.
struct ComparedPoint {
  PointPtr base;
  PointPtr next;
  Timing timing = Timing::cold;  ///< what is compared: the first technique of kTimings that both were timed by
  Comparison comparison;         ///< undecided where one of the two has no time that counts
  bool broken = false;           ///< right in `base`, and wrong, failed or unfit in `next`
  std::string reason;            ///< what to do or to know about UNDECIDED and broken; empty otherwise

  bool is_regression() const { return broken || comparison.change == Change::slower; }
  /// "BROKEN", or the word of the change.
  std::string_view word() const { return broken ? "BROKEN" : name_of(comparison.change); }
};

struct ComparedSessions {
  double threshold = kSameWithin;
  bool in_turns = false;              ///< not of two recordings: each two were timed in turns (core/in_turns.h)
  std::vector<ComparedPoint> points;  ///< broken, slower, undecided, faster, same; each in the order of `base`
  std::vector<PointPtr> only_base;
  std::vector<PointPtr> only_next;
  std::int64_t right_in_neither = 0;  ///< wrong, failed or unfit in both: not among `points`

  std::int64_t regressions() const;
  /// How many points have this change and are not broken.
  std::int64_t count(Change change) const;
  std::int64_t broken() const;
};

/// Two points beside each other, whatever they are of.
ComparedPoint compare_points(PointPtr base, PointPtr next, double threshold = kSameWithin);

/// Which points of two recordings belong together, not compared yet.
struct PairedSessions {
  std::vector<std::pair<PointPtr, PointPtr>> pairs;  ///< right in one at least, in the order of `base`
  std::vector<PointPtr> only_base;
  std::vector<PointPtr> only_next;
  std::int64_t right_in_neither = 0;
};

/// Points belong together when operation, shape, normalized dims, type, layout, activation, distribution, device (id
/// and name), variant and knobs are the same; a variant's file may have got another number. Where a recording has
/// several, its latest right one speaks, unless that text of the file was wrong once. Points of the emulated device
/// have no times, and baselines are no variants: both are left out.
PairedSessions pair_sessions(std::span<const PointPtr> base, std::span<const PointPtr> next);

/// Each pair of the above compared.
ComparedSessions compare_sessions(std::span<const PointPtr> base, std::span<const PointPtr> next,
                                  double threshold = kSameWithin);

}  // namespace knobscope
