#include "gui/views/scope_strip.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "gui/widgets/panel.h"

namespace knobscope::gui {
namespace {

constexpr float kLaneHeight = 13.0F;
constexpr float kLaneGap = 2.0F;
constexpr float kWordsHeight = 18.0F;
/// Below it the samples come first.
constexpr float kLeastPlot = 64.0F;

std::vector<Lane> lanes_of(const ScopeTrace& trace) {
  std::vector<Lane> lanes;
  for (const Lane lane : kLanes) {
    if (lane_range(trace, lane)) lanes.push_back(lane);
  }
  return lanes;
}

float height_of(const Theme& theme, std::size_t lanes) {
  return static_cast<float>(lanes) * theme.px(kLaneHeight + kLaneGap);
}

/// A rectangle of the screen over which places and values of a lane lie.
struct LaneBox {
  ImVec2 low;
  ImVec2 high;
  PlaceRange places;
  LaneRange values;

  float x(double at) const {
    return low.x + static_cast<float>((at - places.low) / (places.high - places.low)) * (high.x - low.x);
  }
  float y(double value) const {
    const auto share = static_cast<float>((value - values.low) / (values.high - values.low));
    return high.y - std::clamp(share, 0.0F, 1.0F) * (high.y - low.y);
  }
};

/// The series' columns, each from its smallest to its largest value, joined.
void draw_values(ImDrawList* list, const Theme& theme, const LaneBox& box, const ScopeSeries& series, Lane lane,
                 const ImVec4& color) {
  const int columns = std::max(static_cast<int>(box.high.x - box.low.x), 1);
  const auto drawn = lane_columns(lane_points(series, lane), box.places, columns);
  const float thick = theme.px(1.5F);
  std::optional<ImVec2> before;
  for (std::size_t i = 0; i < drawn.size(); ++i) {
    if (!drawn[i]) continue;
    const float x = box.low.x + static_cast<float>(i) + 0.5F;
    const ImVec2 high = {x, box.y(drawn[i]->high)};
    const ImVec2 low = {x, box.y(drawn[i]->low)};
    if (before) list->AddLine(*before, high, packed(color), thick);
    list->AddRectFilled({x - 0.5F * thick, high.y - 0.5F * thick}, {x + 0.5F * thick, low.y + 0.5F * thick},
                        packed(color));
    before = low;
  }
}

void draw_threshold(ImDrawList* list, const Theme& theme, const LaneBox& box, double least_mhz) {
  if (least_mhz < box.values.low || least_mhz > box.values.high) return;
  const float y = std::floor(box.y(least_mhz)) + 0.5F;
  const float dash = theme.px(4.0F);
  for (float x = box.low.x; x < box.high.x; x += 2.0F * dash) {
    list->AddLine({x, y}, {std::min(x + dash, box.high.x), y}, packed(theme.noisy.ink), theme.px(1.0F));
  }
}

/// Behind runs of samples that do not count.
void shade_discarded(ImDrawList* list, const Theme& theme, const LaneBox& box, const ScopeSeries& series) {
  for (std::size_t i = 0; i < series.discarded.size();) {
    std::size_t end = i + 1;
    while (end < series.discarded.size() && series.discarded[end].at == series.discarded[end - 1].at + 1.0) ++end;
    const float left = box.x(series.discarded[i].at - 0.5);
    const float right = std::max(box.x(series.discarded[end - 1].at + 0.5), left + theme.px(2.0F));
    list->AddRectFilled({left, box.low.y}, {right, box.high.y}, packed(theme.noisy.ground));
    i = end;
  }
}

void mark_discarded(ImDrawList* list, const Theme& theme, const LaneBox& box, const ScopeSeries& series) {
  std::vector<ImVec2> marks;
  for (const DiscardedMark& each : series.discarded) {
    const float y = each.sm_clock_mhz ? box.y(*each.sm_clock_mhz) : 0.5F * (box.low.y + box.high.y);
    marks.push_back({box.x(each.at), y});
  }
  draw_throttled_marks(list, theme, marks);
}

/// The last value of a lane: what it is now, or was at the end.
std::string last_value(const ScopeTrace& trace, Lane lane) {
  for (auto series = trace.series.rbegin(); series != trace.series.rend(); ++series) {
    const std::vector<LanePoint> points = lane_points(*series, lane);
    if (!points.empty()) return format_of(lane, points.back().value);
  }
  return {};
}

void draw_lane(const Theme& theme, const ScopeTrace& trace, Lane lane, LaneBox box) {
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddRectFilled(box.low, box.high, packed(theme.sunken), theme.px(2.0F));
  list->PushClipRect(box.low, box.high, true);
  const std::array<ImVec4, kTimings.size()> colors = timing_colors(theme);
  for (const ScopeSeries& series : trace.series) shade_discarded(list, theme, box, series);
  if (lane == Lane::clock && trace.least_mhz) draw_threshold(list, theme, box, *trace.least_mhz);
  box.low.y += theme.px(2.0F);
  box.high.y -= theme.px(2.0F);
  for (const ScopeSeries& series : trace.series) {
    draw_values(list, theme, box, series, lane, colors[static_cast<std::size_t>(series.timing)]);
  }
  if (lane == Lane::clock) {
    for (const ScopeSeries& series : trace.series) mark_discarded(list, theme, box, series);
  }
  list->PopClipRect();
}

void write(const Theme& theme, ImFont* font, const ImVec4& color, ImVec2 at, std::string_view text) {
  ImGui::GetWindowDrawList()->AddText(font, text_size::caption * theme.scale, {std::floor(at.x), std::floor(at.y)},
                                      packed(color), text.data(), text.data() + text.size());
}

}  // namespace

std::array<ImVec4, kTimings.size()> timing_colors(const Theme& theme) {
  return {theme.accent, theme.cool[1], theme.noisy.ink, theme.invalid.ink, theme.quiet};
}

float strip_height(const Theme& theme, const ScopeTrace& trace, float room) {
  const float words = trace.without_lanes.empty() ? 0.0F : theme.px(kWordsHeight);
  std::size_t lanes = lanes_of(trace).size();
  const auto fits = [&](float height) { return room - height >= theme.px(kLeastPlot); };
  while (lanes > 0 && !fits(height_of(theme, lanes) + words)) --lanes;
  const float height = height_of(theme, lanes) + words;
  return height > 0.0F && fits(height) ? height + theme.px(kLaneGap) : 0.0F;
}

std::optional<double> draw_strip(const Theme& theme, const ScopeTrace& trace, PlaceFrame frame, float height) {
  if (height <= 0.0F) return std::nullopt;
  const ImVec2 corner = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x;
  std::optional<double> hovered;
  float y = corner.y + theme.px(kLaneGap);
  const float words_height = trace.without_lanes.empty() ? 0.0F : theme.px(kWordsHeight);
  const PlaceRange places = trace.places();
  for (const Lane lane : lanes_of(trace)) {
    const float bottom = y + theme.px(kLaneHeight);
    if (bottom > corner.y + height - words_height) break;
    const LaneBox box = {{frame.left, y}, {frame.right, bottom}, places, *lane_range(trace, lane)};
    draw_lane(theme, trace, lane, box);
    const float text_y = y + 0.5F * (theme.px(kLaneHeight) - text_size::caption * theme.scale);
    const std::string_view name = lane == Lane::temperature ? "temp." : name_of(lane);
    const float name_width = text_width(theme.fonts.words, text_size::caption, name);
    write(theme, theme.fonts.words, theme.quiet, {box.low.x - theme.px(6.0F) - name_width, text_y}, name);
    write(theme, theme.fonts.figures, theme.text, {box.high.x + theme.px(6.0F), text_y}, last_value(trace, lane));
    ImGui::SetCursorScreenPos(box.low);
    ImGui::InvisibleButton(name_of(lane), {std::max(box.high.x - box.low.x, 1.0F), theme.px(kLaneHeight + kLaneGap)});
    if (ImGui::IsItemHovered()) {
      const double share = (ImGui::GetMousePos().x - box.low.x) / (box.high.x - box.low.x);
      hovered = places.low + share * (places.high - places.low);
    }
    y = bottom + theme.px(kLaneGap);
  }
  if (!trace.without_lanes.empty()) {
    ImGui::SetCursorScreenPos({corner.x, y});
    const std::string words = shortened(theme.fonts.words, text_size::caption, trace.without_lanes, width);
    text_in(theme.fonts.words, text_size::caption, theme.quiet, words);
    if (ImGui::IsItemHovered() && words != trace.without_lanes) show_tip(theme, trace.without_lanes);
  }
  return hovered;
}

void draw_throttled_marks(ImDrawList* list, const Theme& theme, std::span<const ImVec2> marks) {
  const VerdictStyle style = theme.verdict_style(Verdict::throttled);
  const float size = text_size::small * theme.scale;
  const float width = text_width(theme.fonts.figures, text_size::small, style.mark);
  const float apart = theme.px(4.0F);
  std::optional<ImVec2> last;
  for (const ImVec2& mark : marks) {
    if (last && std::abs(mark.x - last->x) < apart && std::abs(mark.y - last->y) < apart) continue;
    last = mark;
    list->AddText(theme.fonts.figures, size, {mark.x - 0.5F * width, mark.y - 0.5F * size}, packed(style.tint.ink),
                  style.mark.data(), style.mark.data() + style.mark.size());
  }
}

void draw_place_line(ImDrawList* list, const Theme& theme, float x, float top, float bottom) {
  const float at = std::floor(x) + 0.5F;
  list->AddLine({at, top}, {at, bottom}, packed(theme.text, 0.5F), theme.px(1.0F));
}

void sample_tip(const Theme& theme, const ScopeTrace& trace, double at) {
  const std::vector<std::string> lines = describe_sample(trace, at);
  if (lines.empty() || !begin_tip(theme)) return;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    text_in(i == 0 ? theme.fonts.strong : theme.fonts.figures, i == 0 ? text_size::body : text_size::small,
            i == 0 ? theme.strong : theme.text, lines[i]);
  }
  end_tip();
}

}  // namespace knobscope::gui
