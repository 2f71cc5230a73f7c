#pragma once
// What a check of many points comes to: the same mistake shows at many shapes, types and knobs, and is said once.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/point.h"

namespace knobscope {

/// A finding, as the first point that has it tells it.
struct CheckedFinding {
  Finding finding;
  PointPtr first;
  std::int64_t points = 0;  ///< that have it
  std::int64_t of = 0;      ///< points of the same variant that ran
};

/// What became of points without findings: wrong, failed or unfit for one reason.
struct CheckedOutcome {
  std::string reason;  ///< of the first
  PointPtr first;
  std::int64_t points = 0;
  std::int64_t of = 0;  ///< points of the same variant: those that ran, for unfit ones all
};

struct CheckReport {
  std::vector<CheckedFinding> findings;
  std::vector<CheckedOutcome> wrong;   ///< that no finding explains
  std::vector<CheckedOutcome> failed;  ///< did not compile, did not launch, crashed or hung
  std::vector<CheckedOutcome> unfit;   ///< nothing ran, which is no mistake
  std::int64_t ran = 0;                ///< points that were judged: all but the unfit ones
  std::int64_t bad = 0;                ///< of those, with a finding, wrong or failed
  std::int64_t unfit_points = 0;

  bool clean() const { return bad == 0; }
};

/// Merges what differs only in numbers of the message ("element 768 of 768"), each list in the order first met.
/// Findings at different lines, or of different variants where no line is known, stay apart; the two directions of one
/// race do not. `points` are not null.
CheckReport make_check_report(std::span<const PointPtr> points);

/// "3 findings in 2 of 36 points", "36 points: nothing found", "4 points: nothing found; 2 more do not fit".
std::string summary_of(const CheckReport& report);

}  // namespace knobscope
