#pragma once
// What every panel is: a function of a snapshot and the view state that draws itself and posts commands.

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/plan.h"
#include "core/snapshot.h"
#include "gui/views/error_lab.h"

namespace knobscope::worker {
class CommandSink;
}

namespace knobscope::gui {

struct Theme;
class ActionList;
class PointIndex;
class Renderer;

/// What can be read off a point, and put on an axis.
enum class Quantity : std::uint8_t {
  bytes_per_second,
  elements_per_second,
  time,
  copy_share,
  speed_up,
  max_abs_error,
  relative_l2_error,
};

/// Ways to look at the same points in the large plot: see lenses.h.
enum class Lens : std::uint8_t;

/// How an axis is divided.
enum class AxisForm : std::uint8_t { log2, linear };
inline constexpr std::array kAxisForms = {AxisForm::log2, AxisForm::linear};

/// What a view asks the shell for: it has no clipboard, no files and no band of its own.
enum class Wish : std::uint8_t { none, copy_sweep, save_sweep, copy_point, copy_plan, save_plan };

/// What the person has set and selected. Owned by the shell, touched only on the UI thread.
struct ViewState {
  Plan plan;                     ///< one shape, type and distribution: what Problem, Variants and Knobs edit
  KnobValues knobs;              ///< current value of every knob, by name, shared by the variants that have it
  std::string x_axis = "block";  ///< a knob's name, "columns" (row length) or "offset"
  Lens lens{};                   ///< of the large plot
  Quantity quantity = Quantity::bytes_per_second;  ///< on the y axis of the large plot
  AxisForm x_form = AxisForm::log2;
  std::optional<bool> log_y;  ///< chosen by hand; else as fits the quantity: see plot_scale.h
  std::string heat_x;         ///< axes of the heat map: see heat_cells.h; empty: the x axis that is set
  std::string heat_y = "columns";
  bool heat_winner = true;                     ///< who won each cell; else the selected variant
  std::set<std::string> ticked;                ///< variant ids that are explored
  std::string selected_variant;                ///< variant id
  std::optional<std::int64_t> selected_point;  ///< PointRequest::id
  std::optional<std::int64_t> baseline_point;
  std::shared_ptr<const std::vector<PointPtr>> base_session;  ///< an older one to compare with; null: none
  std::string base_name;                                      ///< its file's name
  std::string variants_filter;
  std::string results_filter;
  bool best_shown = false;                                         ///< the results name the best for what is set
  bool header_requested = false;                                   ///< a header that picks by shape is to be written
  std::map<std::string, std::string, std::less<>> column_filters;  ///< of the results: what is typed, by column title
  bool column_filters_shown = false;
  std::set<std::string> sweep_axes = {"block"};  ///< axes of which a sweep visits all values
  bool sweep_requested = false;                  ///< the sweep that is planned is to start
  std::optional<Plan> sweep_begun;               ///< it has: to be kept with the session
  Wish wish = Wish::none;
  bool changes_shown = false;    ///< the kernel's source beside another one's, line by line
  std::string changes_from;      ///< that one's variant id; empty: the one before it in the story
  bool rerun_requested = false;  ///< R: measure everything again though it is known
  bool recorded = false;         ///< a session file is being read: nothing is measured
  std::string session_path;      ///< where results are saved
  ErrorLab error_lab;            ///< what the error map looks at
  bool busy = false;             ///< a panel goes on with what it works out in the next frame, so there must be one
};

/// Makes the large plot of `to` look as that of `from` does: lens, quantity, forms of the axes, axes of the heat map.
void take_look(ViewState& to, const ViewState& from);

/// Everything a view gets. It keeps no state of its own beyond ImGui's.
struct ViewContext {
  const Snapshot& snapshot;
  ViewState& state;
  worker::CommandSink& commands;
  const Theme& theme;
  Renderer& renderer;
  const PointIndex& index;                   ///< of the snapshot's points
  std::span<const PointPtr> baselines = {};  ///< Point::is_baseline, on any GPU, for any problem
};

class View {
 public:
  virtual ~View() = default;
  virtual const char* title() const = 0;  ///< ImGui window name, also used by layouts and tests
  virtual void draw(ViewContext& context) = 0;
  /// What its controls can do, for the command palette.
  virtual void list_actions(ViewContext& /*context*/, ActionList& /*actions*/) {}
};

/// All panels, in the order of the menu. The one list to extend.
std::vector<std::unique_ptr<View>> make_views();

}  // namespace knobscope::gui
