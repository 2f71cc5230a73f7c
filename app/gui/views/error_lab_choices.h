#pragma once
// What can be set on the error map, for its controls and for the command palette.

#include <optional>
#include <string>
#include <vector>

#include "gui/views/error_lab.h"

namespace knobscope::gui {

class ActionList;
struct ViewContext;

std::string title_of(ErrorMeasure measure);

/// A plane of a tensor; nothing: all of it as rows and columns.
struct Plane {
  std::string title;
  std::optional<Slice> slice;
};
/// All planes of the output that is looked at, the whole first; none where it has no more than two dimensions.
std::vector<Plane> planes_of(const ErrorLab& lab, const Problem& problem);
bool is_shown(const ErrorLab& lab, const Plane& plane);

void show_output(ErrorLab& lab, const std::string& name);
void show_measure(ErrorLab& lab, ErrorMeasure measure);
/// Indices of dimensions that it does not show stay.
void show_plane(ErrorLab& lab, const Plane& plane);
/// A second map of that variant; of none where it is empty.
void show_beside(ErrorLab& lab, const std::string& variant);
void show_all(ErrorLab& lab);
/// The first element past tolerance; false where there is none.
bool go_to_first_bad(ErrorLab& lab, const Point& point);

/// How much one step of the wheel or a key looks closer, and which part of what is seen one moves it by.
inline constexpr double kZoomStep = 1.3;
inline constexpr double kMoveStep = 1.0 / 8.0;
/// Around the middle; `steps` < 0 look less closely.
ErrorWindow zoomed_in(const ErrorWindow& window, const TensorView& view, int steps);
/// By steps down and right.
ErrorWindow stepped(const ErrorWindow& window, const TensorView& view, int down, int right);

/// Entries of the palette for everything on the map, disabled where no output was checked.
void list_error_lab(ViewContext& context, ActionList& actions);

}  // namespace knobscope::gui
