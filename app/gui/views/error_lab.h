#pragma once
// What the error map looks at: which output or slice, which part of it, and of which second variant beside it. The
// device is asked for what is on screen, and for no more.

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "core/snapshot.h"

namespace knobscope::worker {
class CommandSink;
}

namespace knobscope::gui {

struct ViewState;

/// The part of a view that is on screen, in rows and columns; with fractions while it moves.
struct ErrorWindow {
  double row = 0.0;
  double column = 0.0;
  double rows = 0.0;  ///< 0: all of it
  double columns = 0.0;
  bool operator==(const ErrorWindow&) const = default;
};

/// A row and a column of the view.
struct ErrorPlace {
  std::int64_t row = 0;
  std::int64_t column = 0;
};

/// Owned by the view state; touched only on the UI thread.
struct ErrorLab {
  bool closely = false;  ///< the device is asked; else what was stored with the point is shown
  std::string output;    ///< empty: the operation's main one
  std::optional<Slice> slice;
  ErrorMeasure measure = ErrorMeasure::absolute;
  ErrorWindow window;
  std::string beside;                  ///< variant id of the second map; empty: none
  std::optional<std::int64_t> marked;  ///< flat index of the element that was gone to
  bool large = false;                  ///< it covers the other panels
  std::optional<ErrorPlace> pointed;   ///< under the mouse, in the last frame

  std::optional<Problem> of;  ///< what the window and slice belong to
  std::array<std::optional<ErrorRequest>, kErrorSlots> asked;
  std::array<std::string, kErrorSlots> asked_source;  ///< hashes of the kernels that were asked for
};

/// Forgets output, slice, window and mark when they belong to a tensor of another shape.
void follow(ErrorLab& lab, const Problem& problem);

/// The output that is looked at.
const TensorInfo& output_in(const ErrorLab& lab, const Problem& problem);
/// Its view. Precondition: follow() was called for the problem.
TensorView view_in(const ErrorLab& lab, const Problem& problem);

/// Inside the view, not smaller than a few elements; all of it for one of 0 rows.
ErrorWindow settled(ErrorWindow window, const TensorView& view);
/// `factor` < 1 looks closer; the place (row, column) stays where it is on screen.
ErrorWindow zoomed(const ErrorWindow& window, const TensorView& view, double factor, double row, double column);
ErrorWindow moved(const ErrorWindow& window, const TensorView& view, double rows, double columns);
/// The elements that a window shows, those cut by its edges included.
Area area_of(const ErrorWindow& window, const TensorView& view);

/// Goes to the element at a flat index: into its slice, with its neighbours around it, as many as `rows` × `columns`.
void go_to(ErrorLab& lab, const Problem& problem, std::int64_t index, double rows = 9.0, double columns = 9.0);

/// Whether the point can be run here to look at it; else a sentence that says what that needs.
std::optional<std::string> why_not_closely(const Snapshot& snapshot, const ViewState& state, const Point& point);

/// What is asked of the device for a map with room for `rows` × `columns` tiles.
ErrorRequest request_for(const ErrorLab& lab, const Point& point, int slot, int rows, int columns);
/// Asks, unless that was the last question of its slot about this source.
void ask(ErrorLab& lab, const Snapshot& snapshot, worker::CommandSink& commands, ErrorRequest request);
/// The answer about the same output of the same run, of whatever part; null when there is none.
ErrorRegionPtr answer_to(const Snapshot& snapshot, const ErrorRequest& request);

/// Points of other variants on the same problem and device whose outputs were judged: one for each variant, at the
/// knobs that are set where there is such a point.
std::vector<PointPtr> points_beside(const Snapshot& snapshot, const ViewState& state, const Point& point);

/// What is known of the output that is looked at from when the point was judged; null when it was not.
const OutputError* stored_error(const ErrorLab& lab, const Point& point);

}  // namespace knobscope::gui
