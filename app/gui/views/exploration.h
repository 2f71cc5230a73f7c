#pragma once
// Turns what is set in the window into points to measure: whenever it changes, the points of the plot at hand that are
// not known yet are asked for, and older requests are replaced.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/plan.h"
#include "core/snapshot.h"
#include "gui/views/view.h"

namespace knobscope::worker {
class CommandSink;
}

namespace knobscope::gui {

/// The tag under which a newer exploration replaces an older one.
inline constexpr std::string_view kExploreTag = "explore";

/// The problem that is set. Its shape may have a fault: see find_fault().
Problem problem_of(const ViewState& state);

/// A value for every knob of the variant: what is set where the variant allows it, else its nearest allowed value, and
/// its default where nothing is set.
KnobValues knobs_for(const Variant& variant, const KnobValues& set);

/// Row lengths to visit for a tensor of `elements`: powers of two from 64 up to 65 536, as far as at least one whole
/// row fits, and `current` among them, ascending.
std::vector<std::int64_t> row_lengths(std::int64_t elements, std::int64_t current);

/// Numbers of rows to visit: powers of four below `current`, and `current`, ascending.
std::vector<std::int64_t> row_counts(std::int64_t current);

/// The shape that has so many columns and about as many elements as `problem`.
std::vector<std::int64_t> shape_with_columns(const Problem& problem, std::int64_t columns);

/// The offsets (in units of sigma) to visit: 0 and the decades to 10^6, and `current` among them, ascending.
std::vector<double> offsets(double current);

/// Every point of the plot that is set, for the ticked variants: all values of the x axis, the selected variant's at
/// its current value first, then the rest of it, then the others in story order; where nothing is timed, every variant
/// at what is set before any at other values, and those the sooner the nearer they lie to what is set. Empty while
/// there is no such device, the shape has a fault or a recorded session is read. Ids are 0.
std::vector<PointRequest> wanted_points(const Snapshot& snapshot, const ViewState& state);

/// Those of `points` that have no result from the variant's present source.
std::vector<PointRequest> without_known(std::vector<PointRequest> points, const Snapshot& snapshot);

/// Remembers what was asked for last. UI thread only.
class Exploration {
 public:
  /// Posts MeasurePoints when what is set (or a ticked variant's source) differs from the last call, when
  /// `state.rerun_requested` (which it clears), or after ask_again().
  void update(const Snapshot& snapshot, ViewState& state, worker::CommandSink& commands);

  /// The next update() asks for what is missing even if nothing changed: after a cancel, Run goes on.
  void ask_again() { asked_.reset(); }

 private:
  /// What the wanted points follow from.
  struct Asked {
    Plan plan;
    KnobValues knobs;
    std::string x_axis;
    std::string selected_variant;
    std::vector<std::string> sources;  ///< id and source hash of each ticked variant
    bool recorded = false;
    bool operator==(const Asked&) const = default;
  };
  static Asked asked_by(const Snapshot& snapshot, const ViewState& state);

  std::optional<Asked> asked_;
};

}  // namespace knobscope::gui
