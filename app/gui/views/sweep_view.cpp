#include "gui/views/sweep_view.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <imgui.h>

#include "core/known_points.h"
#include "core/visit_order.h"
#include "gui/views/action_list.h"
#include "gui/views/series.h"
#include "gui/views/sweep_plan.h"
#include "gui/widgets/chip.h"
#include "gui/widgets/format_number.h"
#include "gui/widgets/meter.h"
#include "gui/widgets/panel.h"
#include "worker/client.h"

namespace knobscope::gui {
namespace {

constexpr double kCountEvery_s = 1.0;

/// Buttons side by side, on the next line where there is no room left.
class Flow {
 public:
  explicit Flow(const Theme& theme)
      : theme_(theme), right_(ImGui::GetCursorScreenPos().x + ImGui::GetContentRegionAvail().x) {}

  bool button(const char* id, const std::string& label, std::string_view key, ButtonKind kind, bool enabled = true) {
    if (!first_) {
      ImGui::SameLine(0.0F, theme_.px(4.0F));
      if (ImGui::GetCursorScreenPos().x + button_width(theme_, label, key) > right_) ImGui::NewLine();
    }
    first_ = false;
    return gui::button(theme_, id, label, key, kind, enabled);
  }

 private:
  const Theme& theme_;
  float right_;
  bool first_ = true;
};

std::string points_in_words(std::int64_t count) {
  return fmt::format("{} {}", format_count(count), count == 1 ? "point" : "points");
}

std::string time_in_words(const SweepEstimate& estimate) {
  const std::string time = format_duration(estimate.seconds);
  if (estimate.learned_from == 0) return fmt::format("at most about {}, by the method's limits", time);
  return fmt::format("about {}, by {} measured before", time, points_in_words(estimate.learned_from));
}

void toggle(std::set<std::string>& names, const std::string& name) {
  if (names.erase(name) == 0) names.insert(name);
}

}  // namespace

void SweepView::list_actions(ViewContext& context, ActionList& actions) {
  ViewState& state = context.state;
  const bool possible = !state.recorded && context.snapshot.device(state.plan.device) != nullptr;
  for (const SweepAxis& axis : sweep_axes(context.snapshot, state)) {
    actions.add(fmt::format("all values of {}", axis_title(axis.name)),
                when(possible, [&state, name = axis.name] { toggle(state.sweep_axes, name); }),
                state.sweep_axes.contains(axis.name));
  }
  const auto wish = [&](Wish what) {
    return when(possible && !state.ticked.empty(), [&state, what] { state.wish = what; });
  };
  actions.add("copy it as command line", wish(Wish::copy_sweep));
  actions.add("save its plan", wish(Wish::save_sweep));
}

void SweepView::count(const ViewContext& context) {
  const Snapshot& snapshot = context.snapshot;
  Plan plan = sweep_plan(snapshot, context.state, context.state.sweep_axes);
  const double now = ImGui::GetTime();
  const bool same_plan = count_ && count_->plan == plan && count_->catalog == snapshot.catalog;
  if (same_plan && (count_->points == snapshot.points || now - count_->at_s < kCountEvery_s)) return;
  Count fresh;
  fresh.points = snapshot.points;
  fresh.catalog = snapshot.catalog;
  fresh.at_s = now;
  const DeviceFacts* device = snapshot.device(plan.device);
  if (device != nullptr && !plan.variants.empty()) {
    Expansion expansion = expand(plan, *snapshot.catalog, *device);
    if (!expansion.faults.empty()) fresh.fault = expansion.faults.front();
    fresh.total = static_cast<std::int64_t>(expansion.points.size());
    fresh.missing = missing_points(std::move(expansion.points), *snapshot.points, *snapshot.catalog);
    fresh.estimate = estimate_sweep(fresh.missing, *snapshot.points);
  }
  fresh.plan = std::move(plan);
  count_ = std::move(fresh);
}

void SweepView::draw_axes(ViewContext& context) {
  const Theme& theme = context.theme;
  ViewState& state = context.state;
  field_label(theme, "All values of");
  Flow flow(theme);
  for (const SweepAxis& axis : sweep_axes(context.snapshot, state)) {
    const bool chosen = state.sweep_axes.contains(axis.name);
    const std::string label = fmt::format("{} {}", axis_title(axis.name), format_count(axis.values));
    if (flow.button(axis.name.c_str(), label, {}, chosen ? ButtonKind::primary : ButtonKind::plain)) {
      toggle(state.sweep_axes, axis.name);
    }
    if (ImGui::IsItemHovered()) {
      show_tip(theme, fmt::format("{} The sweep visits {} values of it{}.",
                                  chosen ? "A click leaves it as it is set." : "A click adds it.",
                                  format_count(axis.values), axis.name == "type" ? "" : ", the ends first"));
    }
  }
}

void SweepView::start(ViewContext& context) {
  count_.reset();
  count(context);
  if (count_->missing.empty()) return;
  context.commands.post(worker::MeasurePoints{coarse_to_fine(count_->missing), std::string(kSweepTag)});
  context.state.sweep_begun = count_->plan;
  if (context.snapshot.paused) context.commands.post(worker::SetPaused{false});
}

void SweepView::draw_buttons(ViewContext& context) {
  const Theme& theme = context.theme;
  ViewState& state = context.state;
  const Snapshot& snapshot = context.snapshot;
  const bool busy = snapshot.live || !snapshot.waiting.points().empty();
  Flow flow(theme);
  if (flow.button("start", "Start", "S", ButtonKind::primary, !count_->missing.empty())) start(context);
  if (ImGui::IsItemHovered()) {
    show_tip(theme,
             "Ends of all axes first, then their middles: the picture is useful early. What is measured already "
             "is left out. A click on a cell or a turned knob comes before what waits.");
  }
  const char* pause = snapshot.paused ? "Go on" : "Pause";
  if (flow.button("pause", pause, "Space", ButtonKind::plain, busy)) {
    context.commands.post(worker::SetPaused{!snapshot.paused});
  }
  if (flow.button("end", "End", "Esc", ButtonKind::plain, busy)) context.commands.post(worker::CancelAll{});
  if (flow.button("copy", "Copy as command line", {}, ButtonKind::plain, !state.ticked.empty())) {
    state.wish = Wish::copy_sweep;
  }
  if (flow.button("save", "Save plan", {}, ButtonKind::plain, !state.ticked.empty())) state.wish = Wish::save_sweep;
}

void SweepView::draw(ViewContext& context) {
  const Theme& theme = context.theme;
  const Snapshot& snapshot = context.snapshot;
  ViewState& state = context.state;
  if (state.recorded) {
    empty_state(theme, "A recording is read", "Measure here to plan a sweep.");
    return;
  }
  if (snapshot.device(state.plan.device) == nullptr) {
    empty_state(theme, "Looking for devices", "A sweep is planned as soon as the worker knows them.");
    return;
  }
  // Knobs of variants that are no longer ticked are no axes.
  const std::vector<SweepAxis> axes = sweep_axes(snapshot, state);
  std::erase_if(state.sweep_axes, [&axes](const std::string& name) {
    return std::ranges::find(axes, name, &SweepAxis::name) == axes.end();
  });
  count(context);
  panel_note(theme, fmt::format("{} variants ticked", state.ticked.size()));
  draw_axes(context);
  if (!count_->fault.empty()) {
    text_wrapped_in(theme.fonts.words, text_size::body, theme.wrong.ink, count_->fault);
  } else {
    const auto missing = static_cast<std::int64_t>(count_->missing.size());
    const std::string known = missing == count_->total
                                  ? std::string()
                                  : fmt::format(", {} of them known", format_count(count_->total - missing));
    const std::string time = missing == 0 ? "nothing is left to measure" : time_in_words(count_->estimate);
    text_wrapped_in(theme.fonts.strong, text_size::body, theme.strong,
                    points_in_words(count_->total) + known + " · " + time);
  }
  if (std::exchange(state.sweep_requested, false)) start(context);
  draw_buttons(context);
  const Progress& progress = snapshot.progress;
  if (progress.done >= progress.total) return;
  ImGui::Dummy({0.0F, theme.px(4.0F)});
  meter(theme, static_cast<double>(progress.done) / static_cast<double>(progress.total),
        snapshot.paused ? theme.noisy.ink : theme.accent, {ImGui::GetContentRegionAvail().x, theme.px(4.0F)});
  std::string text = fmt::format("{} of {}", format_count(progress.done), format_count(progress.total));
  if (progress.seconds_left) text += fmt::format(" · {} left", format_duration(*progress.seconds_left));
  text_in(theme.fonts.words, text_size::small, theme.quiet, snapshot.paused ? "paused · " + text : text);
}

}  // namespace knobscope::gui
