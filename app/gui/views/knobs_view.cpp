#include "gui/views/knobs_view.h"

#include <algorithm>
#include <ranges>
#include <string>

#include <fmt/format.h>
#include <imgui.h>

#include "gui/views/exploration.h"
#include "gui/views/line_plot.h"
#include "gui/views/point_index.h"
#include "gui/views/series.h"
#include "gui/widgets/chip.h"
#include "gui/widgets/format_number.h"
#include "gui/widgets/panel.h"
#include "gui/widgets/rotary_knob.h"
#include "gui/widgets/verdict_badge.h"

namespace knobscope::gui {
namespace {

/// What the emulated device has to say of these values: no registers and no times, but whether they are right.
void draw_judgement(const Theme& theme, const Point& point) {
  verdict_badge(theme, point.verdict);
  if (!point.reason.empty() && ImGui::IsItemHovered()) point_tip(theme, point);
  if (point.findings.empty()) return;
  ImGui::SameLine(0.0F, theme.px(8.0F));
  const std::size_t count = point.findings.size();
  text_in(theme.fonts.words, text_size::small, theme.quiet,
          fmt::format("{} {}", count, count == 1 ? "finding" : "findings"));
}

void draw_facts(const Theme& theme, const PointPtr& point, bool timed) {
  if (!point) {
    text_in(theme.fonts.words, text_size::small, theme.quiet,
            timed ? "not measured with these values yet" : "not played with these values yet");
    return;
  }
  if (!timed) {
    draw_judgement(theme, *point);
    return;
  }
  const CompileFacts& facts = point->compiled;
  begin_chips(theme);
  if (facts.registers) chip(theme, "registers", format_count(*facts.registers));
  if (facts.occupancy) chip(theme, "occupancy", format_percent(facts.occupancy));
  if (facts.shared && facts.shared->count > 0) chip(theme, "shared", format_bytes(facts.shared));
  if (facts.spill && facts.spill->count > 0) chip(theme, "spill", format_bytes(facts.spill), &theme.noisy);
  if (point->headline()) chip(theme, "median", format_time(point->headline()->median));
  end_chips();
}

/// Knob names as people read them: "rows_per_block" becomes "rows per block".
std::string spoken(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

}  // namespace

PointPtr point_at_knobs(const Snapshot& snapshot, const ViewState& state, const PointIndex* index) {
  const Variant* variant = snapshot.catalog->find(state.selected_variant);
  const KnobValues knobs = variant != nullptr ? knobs_for(*variant, state.knobs) : state.knobs;
  const Problem problem = problem_of(state);
  PointRequest wanted;
  wanted.device = state.plan.device;
  wanted.problem = problem;
  wanted.variant = state.selected_variant;
  wanted.knobs = knobs;
  const std::span<const PointPtr> points =
      index != nullptr ? index->beside(wanted) : std::span<const PointPtr>(*snapshot.points);
  for (const PointPtr& point : points | std::views::reverse) {
    const PointRequest& request = point->request;
    if (request.variant == state.selected_variant && request.device == state.plan.device && request.knobs == knobs &&
        request.problem == problem && (state.recorded || request.method.thorough == state.plan.method.thorough)) {
      return point;
    }
  }
  return nullptr;
}

void turn_knob(const Snapshot& snapshot, ViewState& state, const std::string& name, std::int64_t value) {
  state.knobs[name] = value;
  // The point at hand follows the knob, in every panel.
  const PointPtr known = point_at_knobs(snapshot, state);
  state.selected_point = known ? std::optional(known->request.id) : std::nullopt;
}

void KnobsView::draw(ViewContext& context) {
  const Theme& theme = context.theme;
  ViewState& state = context.state;
  const Variant* variant = context.snapshot.catalog->find(state.selected_variant);
  if (variant == nullptr) {
    empty_state(theme, "No variant selected", "Choose one in the list of variants to see its knobs.");
    return;
  }
  const PointPtr point = point_at_knobs(context.snapshot, state, &context.index);
  if (point && point->compiled.compile_ms) {
    panel_note(theme, fmt::format("compiled in {}", format_time(Nanoseconds{*point->compiled.compile_ms * 1e6})));
  } else {
    panel_note(theme, variant->title);
  }
  if (variant->knobs.empty()) {
    empty_state(theme, "Nothing to turn", "This variant has no knobs. Its file may declare some under [knobs].");
    return;
  }
  const float gap = theme.px(8.0F);
  const float room = ImGui::GetContentRegionAvail().x;
  const auto count = static_cast<float>(variant->knobs.size());
  const float fitting = std::floor((room + gap) / std::min(count, 4.0F) - gap);
  const float width = std::clamp(fitting, theme.px(56.0F), theme.px(88.0F));
  const float right = ImGui::GetCursorScreenPos().x + room;
  const bool reading = state.recorded;
  begin_reading(theme, reading);
  const KnobValues current = knobs_for(*variant, state.knobs);
  for (std::size_t i = 0; i < variant->knobs.size(); ++i) {
    const Knob& knob = variant->knobs[i];
    if (i > 0) {
      ImGui::SameLine(0.0F, gap);
      if (ImGui::GetCursorScreenPos().x + width > right + 1.0F) ImGui::NewLine();
    }
    std::int64_t value = current.at(knob.name);
    if (rotary_knob(theme, knob.name.c_str(), spoken(knob.name), knob.values, value, width, knob.help)) {
      turn_knob(context.snapshot, state, knob.name, value);
    }
  }
  end_reading(reading);
  draw_facts(theme, point, is_timed(device_kind_of(context.snapshot, state.plan.device)));
}

}  // namespace knobscope::gui
