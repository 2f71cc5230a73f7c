#pragma once
// What is quick to find among the points of a snapshot: made once for each list of points, so that no frame looks
// through a hundred thousand of them.

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/snapshot.h"
#include "gui/views/point_columns.h"

namespace knobscope::gui {

/// A variant of which there are points on a device, for an operation.
struct SeenVariant {
  std::string id;
  std::string title;            ///< as the latest point has it
  std::set<std::string> knobs;  ///< names of all that its points have
};

/// UI thread only.
class PointIndex {
 public:
  /// Takes up the snapshot's points: nothing to do for the same list, and only the new ones where it goes on as before.
  void follow(const Snapshot& snapshot);
  /// The latest point with an id; null when there is none.
  PointPtr find(std::int64_t id) const;
  /// Points of the same device, variant, shape and knobs as `request`, oldest first, and perhaps some others: compare
  /// them.
  std::span<const PointPtr> beside(const PointRequest& request) const;
  /// Whether it has taken up just these points.
  bool is_of(const Snapshot& snapshot) const { return points_ == snapshot.points; }
  /// The same points, in the order of the snapshot's list.
  const PointColumns& columns() const { return columns_; }
  /// In order of appearance; empty where there are none.
  std::span<const SeenVariant> variants(std::string_view device, Operation operation) const;
  /// Of whichever device; null when no point is of it.
  const SeenVariant* variant(std::string_view id, Operation operation) const;
  /// Ids of all devices that points are from, in order of appearance.
  const std::vector<std::string>& devices() const { return devices_; }

 private:
  struct Seen {
    std::vector<SeenVariant> variants;
    std::map<std::string, std::size_t, std::less<>> places;  ///< by id
  };
  void add(const PointPtr& point, std::size_t at);
  void add_variant(const Point& point);

  std::shared_ptr<const std::vector<PointPtr>> points_;
  std::size_t taken_ = 0;
  std::unordered_map<std::int64_t, std::size_t> by_id_;
  std::unordered_map<std::size_t, std::vector<PointPtr>> by_place_;
  PointColumns columns_;
  std::map<std::pair<std::string, Operation>, Seen, std::less<>> seen_;
  std::vector<std::string> devices_;
};

}  // namespace knobscope::gui
