#pragma once
// What run and sweep measure: which points of the plan, in which order, and how they are handed out.

#include <cstdint>
#include <map>
#include <vector>

#include "core/plan.h"

namespace knobscope::cli {

/// The points of a plan that are still to be measured, and those that a session file has already.
class PlannedPoints {
 public:
  /// `known` may be empty. Ids from `first_id` on are given in the plan's order.
  PlannedPoints(std::vector<PointRequest> points, const std::vector<PointPtr>& known, const Catalog& catalog,
                std::int64_t first_id);

  /// Of the plan.
  std::int64_t total() const { return static_cast<std::int64_t>(place_.size()); }
  /// In the plan's order.
  const std::vector<PointRequest>& missing() const { return missing_; }
  const std::vector<PointPtr>& known() const { return known_; }
  /// Known and measured points in the plan's order, whatever order they were measured in.
  std::vector<PointPtr> in_order(std::vector<PointPtr> measured) const;

 private:
  std::vector<PointRequest> missing_;
  std::vector<PointPtr> known_;
  std::map<std::int64_t, std::size_t> place_;  ///< of a point's id in the plan
};

}  // namespace knobscope::cli
