#pragma once
// Which points belong to what is set: the one filter of every plot.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/point.h"
#include "core/snapshot.h"
#include "gui/views/point_columns.h"
#include "gui/views/view.h"

namespace knobscope::gui {

class PointIndex;

/// What of the settings a point need not share to belong to a plot, beside the x axis.
struct Freedom {
  bool knobs = false;
  bool shape = false;
  bool type = false;
};

/// Answers for many points at once: what is asked of a problem, a kernel file or a knob's name is asked once for each.
/// Of the snapshot and the state it keeps nothing; `columns` must outlive it.
class Matcher {
 public:
  Matcher(const Snapshot& snapshot, const ViewState& state, std::string_view axis, Freedom free,
          const PointColumns& columns);

  /// Whether a point matches what is set (device, operation, type, distribution, shape and knobs, except the one on the
  /// x axis, and on the emulated device whether it was played thoroughly), is ticked, and its source has not changed
  /// since, except while a recorded session is read. `point`: its place in the columns.
  bool operator()(std::size_t point) const {
    return problem_fits_[columns_.problem(point)] && origin_fits_[columns_.origin(point)] && at_set_knobs(point);
  }

 private:
  using Wanted = std::vector<std::optional<std::int64_t>>;  ///< by the number of a knob's name; nothing: any will do
  bool at_set_knobs(std::size_t point) const;
  bool are_at(std::span<const KnobSetting> knobs, const Wanted& wanted) const;
  Wanted wanted_of(const KnobValues& knobs, std::string_view axis) const;

  const PointColumns& columns_;
  std::vector<bool> problem_fits_;
  std::vector<bool> origin_fits_;
  bool any_knobs_;
  Wanted set_;
  /// Values to those that are set, of each origin's variant; one that does not allow what is set is measured there.
  std::vector<Wanted> nearest_;
};

/// The points that a Matcher lets through, in order of appearance. A later point of the same choice (device, problem,
/// variant, knobs) takes the place of an earlier one. Quick with an `index` of the snapshot's points.
std::vector<PointPtr> matching_points(const Snapshot& snapshot, const ViewState& state, std::string_view axis,
                                      Freedom free = {}, const PointIndex* index = nullptr);

/// Whether a kernel file is still as it was, or is not there to tell.
bool source_is_current(const Catalog& catalog, std::string_view variant, std::string_view source_hash);

}  // namespace knobscope::gui
