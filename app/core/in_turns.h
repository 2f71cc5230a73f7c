#pragma once
// Two that were timed in turns (A B A B …): clocks, temperature and neighbours change both alike, so that what they
// change does not become a difference between the two.

#include <optional>
#include <span>

#include "core/compared_sessions.h"
#include "core/comparison.h"
#include "core/point.h"

namespace knobscope {

/// Narrower than kSameWithin, which leaves room for what differs between two sessions.
inline constexpr double kSameInTurns = 0.01;

/// How many times as large `next` is as `base`, where sample i of `next` was taken right after sample i of `base`: the
/// median of the ratios of pairs, in which what both have in common cancels, and its 95 % interval by
/// bootstrap_median(). Samples without a partner are left out. Nothing when there are no pairs, or one of the samples
/// is no time: a NaN, an infinity, zero or less.
std::optional<MedianRatio> ratio_of_pairs(std::span<const double> base, std::span<const double> next);

/// The verdict on such series, by the rules of compare_times().
Comparison compare_in_turns(std::span<const double> base_ns, std::span<const double> next_ns,
                            double threshold = kSameInTurns);

/// The point's rival against the point itself: FASTER means that the rival is. `next` is a point made of what is known
/// of the rival. UNDECIDED, with what to do, where there are no times that count. Precondition: point->rival.
ComparedPoint compare_in_turns(const PointPtr& point, double threshold = kSameInTurns);

/// All that have a rival, in the order of `points`.
ComparedSessions compare_in_turns(std::span<const PointPtr> points, double threshold = kSameInTurns);

}  // namespace knobscope
