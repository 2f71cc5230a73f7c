// What the window remembers, and its zoom.

#include <algorithm>
#include <iterator>

#include <imgui.h>

#include "core/problem.h"
#include "gui/shell/interface.h"
#include "gui/shell/style.h"
#include "gui/shell/zoom.h"
#include "gui/views/lenses.h"
#include "gui/views/plot_scale.h"

namespace knobscope::gui {
namespace {

/// Below this many design pixels nothing can be read any more, whatever the zoom was meant for.
constexpr float kFewestDesignPixels = 400.0F;

}  // namespace

void Interface::restore(const Settings& remembered) {
  for (const std::unique_ptr<View>& view : views_) {
    if (remembered.hidden_views.contains(view->title())) hidden_views_.insert(view->title());
  }
  if (remembered.has_plan) {
    state_.plan = remembered.plan;
    state_.knobs = remembered.knobs;
    state_.x_axis = remembered.x_axis;
    state_.selected_variant = remembered.selected_variant;
    // Known and not ticked: what comes new is ticked.
    known_variants_ = remembered.unticked;
    if (!options_.device.empty() && options_.device != state_.plan.device) state_.plan.device.clear();
  }
  // What another version called otherwise is as at first.
  if (const LensFacts* lens = lens_named(remembered.lens)) state_.lens = lens->lens;
  if (const QuantityScale* scale = speed_scale_named(remembered.quantity)) state_.quantity = scale->quantity;
  state_.x_form = remembered.log_x ? AxisForm::log2 : AxisForm::linear;
  state_.log_y = remembered.log_y;
  state_.heat_x = remembered.heat_x;
  state_.heat_y = remembered.heat_y;
  state_.heat_winner = remembered.heat_winner;
  live_window_ = options_.live_window.value_or(remembered.live_window);
  zoom_ = remembered.zoom;
  theme_.scale = monitor_scale_ * zoom_;
  set_theme(options_.theme.value_or(remembered.theme));
}

Settings Interface::settings() const {
  Settings settings;
  settings.theme = theme_.name;
  settings.zoom = zoom_;
  settings.hidden_views = hidden_views_;
  settings.live_window = live_window_;
  // Of a recorded session, too: it is how a person likes to look.
  settings.lens = facts_of(state_.lens).id;
  settings.quantity = scale_of(state_.quantity).id;
  settings.log_x = state_.x_form == AxisForm::log2;
  settings.log_y = state_.log_y;
  settings.heat_x = state_.heat_x;
  settings.heat_y = state_.heat_y;
  settings.heat_winner = state_.heat_winner;
  settings.tour_seen = options_.remembered.tour_seen || tour_.was_seen();
  if (laid_out_) {
    const ImVec2 size = ImGui::GetIO().DisplaySize;
    settings.layout = ImGui::SaveIniSettingsToMemory();
    settings.layout_as_built = lies_as_built(*laid_out_);
    settings.layout_room = name_of(room_of({size.x / theme_.scale, size.y / theme_.scale}));
  } else {
    settings.layout = options_.remembered.layout;
    settings.layout_as_built = options_.remembered.layout_as_built;
    settings.layout_room = options_.remembered.layout_room;
  }
  const ViewState& state = live_state_ ? *live_state_ : state_;
  // Nothing was set here yet, or nothing that could be measured: what was set before stays.
  if (state.recorded || state.plan.device.empty() || find_fault(first_problem(state.plan))) {
    const Settings& before = options_.remembered;
    settings.has_plan = before.has_plan;
    settings.plan = before.plan;
    settings.knobs = before.knobs;
    settings.x_axis = before.x_axis;
    settings.selected_variant = before.selected_variant;
    settings.unticked = before.unticked;
    return settings;
  }
  settings.has_plan = true;
  settings.plan = state.plan;
  settings.knobs = state.knobs;
  settings.x_axis = state.x_axis;
  settings.selected_variant = state.selected_variant;
  std::ranges::set_difference(known_variants_, state.ticked, std::inserter(settings.unticked, settings.unticked.end()));
  return settings;
}

void Interface::apply_scale() {
  theme_.scale = monitor_scale_ * zoom_;
  apply_style(theme_);
}

void Interface::set_scale(float scale) {
  if (monitor_scale_ == scale) return;
  monitor_scale_ = scale;
  apply_scale();
}

void Interface::set_zoom(float zoom) {
  const ImVec2 size = ImGui::GetIO().DisplaySize;
  const float largest = std::min(size.x, size.y) / (kFewestDesignPixels * monitor_scale_);
  zoom = std::clamp(zoom, kLowestZoom, std::clamp(largest, 1.0F, kHighestZoom));
  if (zoom_ == zoom) return;
  zoom_ = zoom;
  apply_scale();
  if (laid_out_ && lies_as_built(*laid_out_)) layout_wanted_ = true;
}

}  // namespace knobscope::gui
