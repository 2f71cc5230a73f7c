#include "cli/planned_points.h"

#include <algorithm>
#include <utility>

#include "core/known_points.h"

namespace knobscope::cli {

PlannedPoints::PlannedPoints(std::vector<PointRequest> points, const std::vector<PointPtr>& known,
                             const Catalog& catalog, std::int64_t first_id) {
  const KnownPoints index(known, catalog);
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (PointPtr point = index.find(points[i])) {
      place_.emplace(point->request.id, i);
      known_.push_back(std::move(point));
      continue;
    }
    points[i].id = first_id + static_cast<std::int64_t>(missing_.size());
    place_.emplace(points[i].id, i);
    missing_.push_back(std::move(points[i]));
  }
}

std::vector<PointPtr> PlannedPoints::in_order(std::vector<PointPtr> measured) const {
  measured.insert(measured.end(), known_.begin(), known_.end());
  const auto place = [this](const PointPtr& point) { return place_.at(point->request.id); };
  std::ranges::stable_sort(measured, {}, place);
  return measured;
}

}  // namespace knobscope::cli
