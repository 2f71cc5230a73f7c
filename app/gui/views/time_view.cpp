#include "gui/views/time_view.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "gui/views/action_list.h"
#include "gui/views/findings_list.h"
#include "gui/views/point_index.h"
#include "gui/views/profile_rows.h"
#include "gui/views/series.h"
#include "gui/views/time_split.h"
#include "gui/widgets/chip.h"
#include "gui/widgets/format_number.h"
#include "gui/widgets/panel.h"
#include "gui/widgets/tail_figure.h"
#include "worker/client.h"

namespace knobscope::gui {
namespace {

constexpr float kBarHeight = 20.0F;
constexpr float kRowHeight = 20.0F;
constexpr float kTipWidth = 320.0F;

/// Kernel, cache effect, launch overhead.
std::array<ImVec4, 3> colors_of(const Theme& theme) { return {theme.accent, theme.noisy.ink, theme.invalid.ink}; }

/// What a part takes of the bar: noise can make a difference fall below nothing, and a bar cannot.
double drawn(const TimePart& part) { return part.time ? std::max(part.time->count(), 0.0) : 0.0; }

/// A row over `width` that can be hovered: its top left corner, with the cursor below it.
ImVec2 row(const Theme& theme, std::string_view id, float width) {
  const ImVec2 corner = ImGui::GetCursorScreenPos();
  ImGui::InvisibleButton(std::string(id).c_str(), {std::max(width, 1.0F), theme.px(kRowHeight)},
                         ImGuiButtonFlags_EnableNav);
  return corner;
}

void write(const Theme& theme, ImFont* font, const ImVec4& color, ImVec2 at, std::string_view text) {
  ImGui::GetWindowDrawList()->AddText(font, text_size::small * theme.scale, {std::floor(at.x), std::floor(at.y)},
                                      packed(color), text.data(), text.data() + text.size());
}

void write_right(const Theme& theme, ImFont* font, const ImVec4& color, ImVec2 right, std::string_view text) {
  write(theme, font, color, {right.x - text_width(font, text_size::small, text), right.y}, text);
}

void tip(const Theme& theme, std::string_view title, std::string_view definition, std::string_view figures) {
  if (!ImGui::IsItemHovered() || !begin_tip(theme)) return;
  ImGui::PushTextWrapPos(ImGui::GetCursorPosX() + theme.px(kTipWidth));
  text_in(theme.fonts.strong, text_size::body, theme.strong, title);
  text_in(theme.fonts.words, text_size::small, theme.text, definition);
  if (!figures.empty()) text_in(theme.fonts.figures, text_size::small, theme.quiet, figures);
  ImGui::PopTextWrapPos();
  end_tip();
}

/// The parts that are known side by side, as long as their times; what is missing has no place in it.
void draw_bar(const Theme& theme, const std::array<TimePart, 3>& parts) {
  const ImVec2 corner = ImGui::GetCursorScreenPos();
  const ImVec2 size = {ImGui::GetContentRegionAvail().x, theme.px(kBarHeight)};
  ImGui::Dummy(size);
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddRectFilled(corner, {corner.x + size.x, corner.y + size.y}, packed(theme.sunken), theme.px(4.0F));
  double whole = 0.0;
  for (const TimePart& part : parts) whole += drawn(part);
  if (whole <= 0.0) return;
  const std::array<ImVec4, 3> colors = colors_of(theme);
  double before = 0.0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto left = corner.x + size.x * static_cast<float>(before / whole);
    before += drawn(parts[i]);
    const auto right = corner.x + size.x * static_cast<float>(before / whole);
    if (right <= left) continue;
    const ImDrawFlags ends = (left <= corner.x ? ImDrawFlags_RoundCornersLeft : ImDrawFlags_RoundCornersNone) |
                             (right >= corner.x + size.x - 0.5F ? ImDrawFlags_RoundCornersRight : 0);
    list->AddRectFilled({left, corner.y}, {right, corner.y + size.y}, packed(colors[i]), theme.px(4.0F), ends);
  }
}

void draw_parts(const Theme& theme, const std::array<TimePart, 3>& parts, float width) {
  double whole = 0.0;
  for (const TimePart& part : parts) whole += drawn(part);
  const std::array<ImVec4, 3> colors = colors_of(theme);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const TimePart& part = parts[i];
    const ImVec2 at = row(theme, part.name, width);
    tip(theme, part.name, part.definition, part.time ? part.formula : part.missing);
    const float swatch = theme.px(10.0F);
    const ImVec2 low = {at.x, at.y + theme.px(4.0F)};
    ImGui::GetWindowDrawList()->AddRectFilled(low, {low.x + swatch, low.y + swatch},
                                              packed(part.time ? colors[i] : theme.line), theme.px(2.0F));
    const ImVec2 name = {at.x + swatch + theme.px(8.0F), at.y};
    write(theme, theme.fonts.words, part.time ? theme.text : theme.quiet, name, part.name);
    if (!part.time) {
      write_right(theme, theme.fonts.words, theme.quiet, {at.x + width, at.y}, part.missing);
      continue;
    }
    const std::string share = whole > 0.0 ? format_percent(drawn(part) / whole) : std::string();
    write_right(theme, theme.fonts.figures, theme.quiet, {at.x + width, at.y}, share);
    write_right(theme, theme.fonts.strong_figures, theme.strong, {at.x + width - theme.px(56.0F), at.y},
                part.time->count() < 0.0 ? "− " + format_time(-*part.time) : format_time(part.time));
  }
}

/// "p5 … p95 … p99 …", and how many samples a p99 needs; empty where the samples were not kept.
std::string spread_in_words(const Point& point, Timing timing) {
  const auto& summary = point.summary(timing);
  const Samples& samples = point.samples(timing);
  if (!summary || !samples || samples->empty()) return {};
  std::string words =
      fmt::format("p5 {} · p95 {} · p99 {}", format_time(summary->p5), format_time(summary->p95), format_p99(*samples));
  if (!p99_is_known(summary->count)) words += "\n" + p99_in_words(summary->count);
  return words;
}

void draw_techniques(const Theme& theme, const Point& point, float width) {
  for (const Timing timing : kTimings) {
    const auto& summary = point.summary(timing);
    const std::string note = note_on(point, timing);
    const ImVec2 at = row(theme, name_of(timing), width);
    tip(theme, name_of(timing), meaning_of(timing), note.empty() ? spread_in_words(point, timing) : note);
    write(theme, theme.fonts.words, summary ? theme.text : theme.quiet, at, name_of(timing));
    const ImVec2 right = {at.x + width, at.y};
    if (!summary) {
      const float room = width - theme.px(72.0F);
      write_right(theme, theme.fonts.words, theme.quiet, right,
                  shortened(theme.fonts.words, text_size::small, note, room));
      continue;
    }
    const double half = (summary->ci_high - summary->ci_low).count() / 2.0;
    write_right(theme, theme.fonts.figures, note.empty() ? theme.quiet : theme.noisy.ink, right,
                fmt::format("± {}", format_time(Nanoseconds(half))));
    write_right(theme, theme.fonts.strong_figures, theme.strong, {right.x - theme.px(88.0F), right.y},
                format_time(summary->median));
  }
}

void draw_profile(const Theme& theme, const Point& point, float width) {
  for (const ProfileRow& each : profile_rows(point)) {
    const ImVec2 at = row(theme, each.name, width);
    tip(theme, each.name, each.definition, each.beside);
    write(theme, theme.fonts.words, theme.text, at, each.name);
    const ImVec2 right = {at.x + width, at.y};
    write_right(theme, theme.fonts.figures, theme.quiet, right, each.beside);
    write_right(theme, theme.fonts.strong_figures, theme.strong, {right.x - theme.px(124.0F), right.y}, each.value);
  }
  for (const std::string& note : point.profile->notes) {
    text_wrapped_in(theme.fonts.words, text_size::small, theme.noisy.ink, note);
  }
}

/// Measures the point again by all techniques, or asks the GPU's counters, too.
void ask(ViewContext& context, const Point& point, bool all_ways, bool counters) {
  PointRequest request = point.request;
  request.id = 0;
  if (all_ways) request.method.set_timings({kTimings.begin(), kTimings.end()});
  request.method.counters = counters;
  context.commands.post(worker::MeasurePoints{{std::move(request)}, ""});
}

/// The point that is taken apart; null where there is none.
PointPtr shown_in(const ViewContext& context) {
  const PointPtr focused = focused_point(context.snapshot, context.state, &context.index);
  const PointPtr point = focused ? most_timed(context.snapshot, focused, &context.index) : nullptr;
  return point && point->headline_timing() ? point : nullptr;
}

bool is_timed_all_ways(const Point& point) {
  return std::ranges::all_of(kTimings, [&](Timing timing) { return point.request.method.times(timing); });
}

bool can_measure(const ViewContext& context, const Point& point) {
  return !context.state.recorded && context.snapshot.device(point.request.device) != nullptr &&
         context.snapshot.catalog->find(point.request.variant) != nullptr;
}

bool can_count(const ViewContext& context, const Point& point) {
  return can_measure(context, point) && device_kind_of(context.snapshot, point.request.device) == DeviceKind::cuda;
}

}  // namespace

void TimeView::list_actions(ViewContext& context, ActionList& actions) {
  const bool timed = is_timed(device_kind_of(context.snapshot, context.state.plan.device));
  const PointPtr point = timed ? shown_in(context) : nullptr;
  actions.add("time the point all five ways",
              when(point && !is_timed_all_ways(*point) && can_measure(context, *point),
                   [&context, point] { ask(context, *point, true, point->request.method.counters); }));
  actions.add("count the point's bytes and hits",
              when(point && can_count(context, *point), [&context, point] { ask(context, *point, false, true); }));
}

void TimeView::draw(ViewContext& context) {
  const Theme& theme = context.theme;
  if (!is_timed(device_kind_of(context.snapshot, context.state.plan.device))) {
    empty_state(theme, "Nothing is timed here", std::string(kErrorsAreReal) + ".");
    return;
  }
  const PointPtr point = shown_in(context);
  if (!point) {
    empty_state(theme, "No times yet", "Select a point that was timed: here stands what its time is made of.");
    return;
  }
  panel_note(theme, fmt::format("{} · {}", point->variant_title, format_knobs(point->request.knobs)));
  const std::array<TimePart, 3> parts = split_time(*point);
  draw_bar(theme, parts);
  ImGui::Dummy({0.0F, theme.px(4.0F)});

  const float room = ImGui::GetContentRegionAvail().x;
  const float gap = theme.px(24.0F);
  const bool beside = room >= theme.px(480.0F);
  const float width = beside ? std::floor((room - gap) * 0.5F) : room;
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2{0.0F, 0.0F});
  ImGui::BeginGroup();
  draw_parts(theme, parts, width);
  ImGui::Dummy({0.0F, theme.px(8.0F)});
  if (!is_timed_all_ways(*point) && can_measure(context, *point) &&
      button(theme, "time all ways", "Time it all five ways")) {
    ask(context, *point, true, point->request.method.counters);
  }
  const PointPtr profiled = latest_profiled(context.snapshot, *point, &context.index);
  if (can_count(context, *point) && button(theme, "count", profiled ? "Count again" : "Count bytes and hits")) {
    ask(context, *point, false, true);
  }
  ImGui::EndGroup();
  if (beside) {
    ImGui::SameLine(0.0F, gap);
  } else {
    ImGui::Dummy({0.0F, theme.px(8.0F)});
  }
  ImGui::BeginGroup();
  draw_techniques(theme, *point, width);
  if (profiled) {
    ImGui::Dummy({0.0F, theme.px(8.0F)});
    draw_profile(theme, *profiled, width);
  }
  ImGui::EndGroup();
  ImGui::PopStyleVar();
}

}  // namespace knobscope::gui
