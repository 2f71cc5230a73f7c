#pragma once
// Points as a table of texts, before it is laid out for a terminal or for Markdown.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/point.h"

namespace knobscope::session {

struct TableColumn {
  std::string title;
  bool right = false;              ///< figures stand on the right
  int importance = 0;              ///< the least important leave first when a terminal is narrow; 9 never leaves
  std::vector<std::string> cells;  ///< one a point
};

struct ResultTable {
  std::vector<std::string> facts;  ///< what all points share: device, operation, shape, …
  std::vector<TableColumn> columns;
  std::vector<Verdict> verdicts;  ///< one a point
  /// "#3 welford block=256: did not compile …": of those that have one. All its findings where it is wrong for those.
  std::vector<std::string> reasons;
  std::string note;  ///< what holds for the whole table; empty mostly
};

/// `space` stands between thousands. Facts that differ between points become columns; points of the
/// emulated device alone have no times to tell of.
ResultTable make_result_table(std::span<const PointPtr> points, std::string_view space);

/// The verdict as people read it.
std::string_view shown(Verdict verdict);

}  // namespace knobscope::session
