#include "gui/widgets/range_track.h"

#include <algorithm>
#include <cmath>

#include <imgui_internal.h>

namespace knobscope::gui {
namespace {

constexpr float kBars = 8.0F;    // design pixels
constexpr float kHandle = 3.5F;  // radius
constexpr float kGrab = 7.0F;    // a handle is taken from so far
constexpr float kSteps = 48.0F;  // of the arrow keys, from end to end

struct Place {
  ImVec2 at;           ///< upper left corner
  float left = 0.0F;   ///< x of the smallest figure
  float right = 0.0F;  ///< x of the largest
  float bars = 0.0F;   ///< height
  float line = 0.0F;   ///< y of the line that handles slide on

  float x_of(double position) const { return left + (right - left) * static_cast<float>(position); }
  double position_of(float x) const { return static_cast<double>((x - left) / (right - left)); }
  /// Half a pixel: what a drag cannot tell apart.
  double slack() const { return 0.5 / static_cast<double>(right - left); }
};

/// Positions of both ends.
struct Span {
  double low = 0.0;
  double high = 1.0;
};

Span span_of(const FigureScale& scale, const std::optional<FigureRange>& range) {
  if (!range) return {};
  return {range->has_low() ? scale.position_of(range->low) : 0.0,
          range->has_high() ? scale.position_of(range->high) : 1.0};
}

/// The end that a position means; the track's own ends are open, but not where the other end is open on that side.
double end_at(const FigureScale& scale, double position, double slack, double other_end) {
  const double one_pixel = 2.0 * slack;
  const double inside =
      std::clamp(position, other_end == -HUGE_VAL ? one_pixel : 0.0, other_end == HUGE_VAL ? 1.0 - one_pixel : 1.0);
  if (inside <= 0.0) return -HUGE_VAL;
  if (inside >= 1.0) return HUGE_VAL;
  return scale.figure_at(inside, slack);
}

void press(const Theme& theme, const Place& place, const FigureSpread& spread, const std::optional<FigureRange>& range,
           RangeDrag& drag) {
  const Span span = span_of(spread.scale, range);
  const float x = ImGui::GetIO().MousePos.x;
  const float from_low = x - place.x_of(span.low);
  const float from_high = x - place.x_of(span.high);
  // Of two that lie on each other, the one on this side.
  const bool low_is_nearer =
      std::fabs(from_low) < std::fabs(from_high) || (std::fabs(from_low) == std::fabs(from_high) && from_low < 0.0F);
  const bool grabs = std::min(std::fabs(from_low), std::fabs(from_high)) <= theme.px(kGrab);
  drag.began = false;
  drag.left = place.left;
  drag.right = place.right;
  if (!grabs) {
    drag.grabbed_at = 0.0F;
    drag.anchor = end_at(spread.scale, place.position_of(x), place.slack(), 0.0);
  } else if (low_is_nearer) {
    drag.grabbed_at = from_low;
    drag.anchor = range ? range->high : HUGE_VAL;
  } else {
    drag.grabbed_at = from_high;
    drag.anchor = range ? range->low : -HUGE_VAL;
  }
}

FigureRange dragged(const FigureSpread& spread, const RangeDrag& drag) {
  Place place;
  place.left = drag.left;
  place.right = drag.right;
  const double position = place.position_of(ImGui::GetIO().MousePos.x - drag.grabbed_at);
  return range_between(drag.anchor, end_at(spread.scale, position, place.slack(), drag.anchor));
}

/// What the arrow keys make of the range; nothing when none of them is pressed.
std::optional<FigureRange> stepped(const FigureSpread& spread, const std::optional<FigureRange>& range, ImGuiID id) {
  // Ours as long as we have the focus: they would move it elsewhere.
  for (const ImGuiKey key : {ImGuiKey_LeftArrow, ImGuiKey_RightArrow}) ImGui::SetKeyOwner(key, id);
  if (ImGui::IsKeyPressed(ImGuiKey_Delete) || ImGui::IsKeyPressed(ImGuiKey_Backspace)) return FigureRange{};
  const auto pressed = [id](ImGuiKey key) { return ImGui::IsKeyPressed(key, ImGuiInputFlags_Repeat, id) ? 1 : 0; };
  const int steps = pressed(ImGuiKey_RightArrow) - pressed(ImGuiKey_LeftArrow);
  if (steps == 0) return std::nullopt;
  constexpr double step = 1.0 / static_cast<double>(kSteps);
  const Span span = span_of(spread.scale, range);
  const bool lower = ImGui::GetIO().KeyShift;
  const double other = lower ? (range ? range->high : HUGE_VAL) : (range ? range->low : -HUGE_VAL);
  // The ends meet, but do not pass each other.
  const double moved = (lower ? span.low : span.high) + steps * step;
  const double held = lower ? std::min(moved, span.high) : std::max(moved, span.low);
  return range_between(other, end_at(spread.scale, held, step * 0.25, other));
}

void draw_bars(const Theme& theme, const Place& place, const FigureSpread& spread, bool filtered) {
  ImDrawList* list = ImGui::GetWindowDrawList();
  const int most = std::max(1, std::ranges::max(spread.all));
  const float floor = place.at.y + place.bars;
  const auto bar = [&](std::size_t bin, int count, ImU32 color) {
    if (count == 0) return;
    const double bins = kSpreadBins;
    const float left = std::round(place.x_of(static_cast<double>(bin) / bins));
    const float right = std::round(place.x_of(static_cast<double>(bin + 1) / bins));
    const float height = place.bars * static_cast<float>(count) / static_cast<float>(most);
    list->AddRectFilled({left, floor - std::max(std::round(height), theme.px(1.0F))}, {right, floor}, color);
  };
  for (std::size_t bin = 0; bin < kSpreadBins; ++bin) {
    bar(bin, spread.all[bin], packed(theme.line));
    bar(bin, spread.shown[bin], filtered ? packed(theme.accent, 0.6F) : packed(theme.quiet, 0.6F));
  }
}

void draw_handles(const Theme& theme, const Place& place, const Span& span, bool filtered, bool lit) {
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float half = theme.px(1.0F);
  list->AddRectFilled({place.left, place.line - half}, {place.right, place.line + half}, packed(theme.line), half);
  const ImVec4& ink = filtered ? theme.accent : theme.quiet;
  if (filtered) {
    list->AddRectFilled({place.x_of(span.low), place.line - half}, {place.x_of(span.high), place.line + half},
                        packed(ink), half);
  }
  for (const double position : {span.low, span.high}) {
    const ImVec2 center = {place.x_of(position), place.line};
    list->AddCircleFilled(center, theme.px(kHandle) + (lit ? theme.px(1.0F) : 0.0F), packed(ink));
    list->AddCircle(center, theme.px(kHandle) + theme.px(1.0F), packed(lit ? theme.strong : theme.panel));
  }
}

}  // namespace

float range_track_height(const Theme& theme) { return theme.px(kBars) + theme.px(kHandle) + theme.px(2.0F); }

bool range_track(const Theme& theme, const char* id, const FigureSpread& spread, std::optional<FigureRange>& range,
                 float width, RangeDrag& drag) {
  const float inset = theme.px(kHandle) + theme.px(1.0F);
  Place place;
  place.at = ImGui::GetCursorScreenPos();
  place.left = place.at.x + inset;
  place.right = std::max(place.at.x + width - inset, place.left + 1.0F);
  place.bars = theme.px(kBars);
  place.line = place.at.y + place.bars;
  const ImVec2 size = {std::max(width, 1.0F), range_track_height(theme)};
  const bool flat = spread.scale.is_flat();
  ImGui::BeginDisabled(flat);
  // Reached by Tab as fields are.
  ImGui::PushItemFlag(ImGuiItemFlags_Inputable, !flat);
  ImGui::InvisibleButton(id, size, ImGuiButtonFlags_EnableNav);
  ImGui::PopItemFlag();
  ImGui::EndDisabled();
  if (flat) return false;

  const ImGuiID item = ImGui::GetItemID();
  const bool focused = ImGui::GetFocusID() == item && ImGui::IsWindowFocused(ImGuiFocusedFlags_ChildWindows);
  const bool hovered = ImGui::IsItemHovered();
  const std::optional<FigureRange> before = range;
  if (ImGui::IsItemActivated()) press(theme, place, spread, range, drag);
  if (hovered && ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left)) {
    range.reset();
    ImGui::ClearActiveID();
  } else if (ImGui::IsItemActive() && ImGui::IsMouseDown(ImGuiMouseButton_Left)) {
    drag.began = drag.began || ImGui::IsMouseDragging(ImGuiMouseButton_Left, theme.px(2.0F));
    if (drag.began) range = dragged(spread, drag);
  } else if (focused && !ImGui::GetIO().WantTextInput) {
    if (const auto moved = stepped(spread, range, item)) range = moved;
  }
  if (range && !range->has_low() && !range->has_high()) range.reset();

  draw_bars(theme, place, spread, range.has_value());
  draw_handles(theme, place, span_of(spread.scale, range), range.has_value(), hovered || ImGui::IsItemActive());
  if (focused) {
    ImGui::GetWindowDrawList()->AddRect(place.at, {place.at.x + size.x, place.at.y + size.y},
                                        packed(theme.accent, 0.7F), theme.px(2.0F));
  }
  return range != before;
}

}  // namespace knobscope::gui
