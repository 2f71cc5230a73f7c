#pragma once
// Two sessions beside each other, for people and for programs.

#include <string>

#include "core/compared_sessions.h"

namespace knobscope::session {

/// Which sessions were compared, as they were named.
struct ComparedNames {
  std::string base;
  std::string next;
};

/// One object: version, base, new, threshold, points, only_base, only_new, summary (see README, "Compare two
/// sessions"). Times in seconds.
std::string comparison_to_json(const ComparedSessions& compared, const ComparedNames& names);
/// RFC 4180 with a line of titles, a row a compared point; units as in JSON.
std::string comparison_to_csv(const ComparedSessions& compared);
std::string comparison_to_markdown(const ComparedSessions& compared, const ComparedNames& names);
/// For a terminal, at most `width` columns wide, with the verdicts coloured when `color`.
std::string comparison_to_table(const ComparedSessions& compared, const ComparedNames& names, int width, bool color);

/// "12 points: 1 SLOWER, 9 SAME, 2 UNDECIDED; 3 only in BASE"
std::string comparison_summary(const ComparedSessions& compared);

}  // namespace knobscope::session
