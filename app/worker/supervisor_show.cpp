// Points that come from a file: a recording to read, or what the session that is gone on with has already.

#include <utility>

#include "worker/supervisor.h"

namespace knobscope::worker {

void Supervisor::show_points(ShowPoints show) {
  points_changed_ = true;
  if (show.own) {
    points_.insert(points_.begin(), show.points.begin(), show.points.end());
  } else {
    showing_recorded_ = true;
    points_ = std::move(show.points);
    now_.devices = std::move(show.devices);
    now_.ceilings.clear();
  }
  for (const PointPtr& point : points_) {
    queue_.skip_ids_to(point->request.id);
    if (!point->ceiling) continue;
    std::erase_if(now_.ceilings, [&](const Ceiling& each) { return each.device == point->ceiling->device; });
    now_.ceilings.push_back(*point->ceiling);
  }
}

}  // namespace knobscope::worker
