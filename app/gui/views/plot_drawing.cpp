#include "gui/views/plot_drawing.h"

#include <algorithm>
#include <cmath>
#include <string>

#include <fmt/format.h>
#include <imgui_internal.h>
#include <implot.h>

#include "gui/views/label_places.h"
#include "gui/widgets/format_number.h"
#include "gui/widgets/panel.h"
#include "gui/widgets/series_marker.h"

namespace knobscope::gui {
namespace {

constexpr float kHitRadius = 14.0F;  // design pixels around a point that count as on it
constexpr float kMarkerRadius = 4.5F;
constexpr float kLeader = 18.0F;           // from a reference line's end to its name
constexpr float kSquare = 4.0F;            // design pixels: marks that are nearer cover each other
constexpr std::size_t kMostMarks = 2'000;  // beyond them points share marks

/// How a mark looks beside its series.
enum Look : int { kPlain, kCrossed, kRinged, kOnTheFloor };

constexpr float kSeen = 0.5F;  ///< less of a pixel is not

/// Points of a line that stand above each other: thousands of strokes up and down are one from the lowest to the
/// highest.
struct PixelColumn {
  explicit PixelColumn(ImVec2 at) : x(at.x), top(at.y), bottom(at.y), last(at) {}
  bool has(ImVec2 at) const { return std::abs(at.x - x) <= kSeen; }
  void add(ImVec2 at) {
    top = std::min(top, at.y);
    bottom = std::max(bottom, at.y);
    last = at;
  }
  float x;
  float top;
  float bottom;
  ImVec2 last;  ///< where the line goes on from
};

bool is_ringed(Verdict verdict) {
  return verdict == Verdict::invalid || verdict == Verdict::noisy || verdict == Verdict::throttled;
}

void dashed_line(ImDrawList* list, ImVec2 from, ImVec2 to, ImU32 color, float width, float dash, float gap) {
  const float length = std::hypot(to.x - from.x, to.y - from.y);
  if (length <= 0.0F) return;
  const ImVec2 step = {(to.x - from.x) / length, (to.y - from.y) / length};
  for (float at = 0.0F; at < length; at += dash + gap) {
    const float end = std::min(at + dash, length);
    list->AddLine({from.x + step.x * at, from.y + step.y * at}, {from.x + step.x * end, from.y + step.y * end}, color,
                  width);
  }
}

/// A cross with the outline that keeps it visible on any ground.
void cross(ImDrawList* list, ImVec2 center, float radius, ImU32 color, float width) {
  list->AddLine({center.x - radius, center.y - radius}, {center.x + radius, center.y + radius}, color, width);
  list->AddLine({center.x - radius, center.y + radius}, {center.x + radius, center.y - radius}, color, width);
}

}  // namespace

void draw_references(ImDrawList* list, std::span<const ReferenceLine> references, double end,
                     const LinePlotStyle& style, const Theme& theme) {
  const ImVec2 origin = ImPlot::GetPlotPos();
  const ImVec2 size = ImPlot::GetPlotSize();
  const float right = origin.x + size.x;
  const float text_size = text_size::caption * theme.scale;
  const float margin_begin = ImPlot::PlotToPixels(end, 1.0).x;
  float leader = margin_begin + theme.px(kLeader);
  struct Named {
    const ReferenceLine* line = nullptr;
    float y = 0.0F;  // of the line's right end
    bool beside = false;
    float wanted = 0.0F;  // where the middle of its name would be best
  };
  std::vector<Named> named;
  for (const ReferenceLine& line : references) {
    const float y = std::round(ImPlot::PlotToPixels(0.0, line.y).y);
    if (y < origin.y || y > origin.y + size.y) continue;
    const float width = text_width(theme.fonts.words, text_size::caption, line.label);
    const bool beside = !style.labels_inside && margin_begin + theme.px(kLeader * 0.5F) + width <= right;
    if (beside) leader = std::min(leader, right - width);
    const auto dashes = [&](ImVec2 from, ImVec2 to) {
      dashed_line(list, from, to, packed(line.color, 0.75F), theme.px(1.0F), theme.px(2.0F), theme.px(4.0F));
    };
    ImVec2 last = {origin.x, y};
    for (const PathPoint& corner : line.corners) {
      const ImVec2 at = ImPlot::PlotToPixels(corner.position, corner.y);
      dashes({&corner == line.corners.data() ? origin.x : last.x, &corner == line.corners.data() ? at.y : last.y}, at);
      last = at;
    }
    dashes(last, {beside ? margin_begin : right, y});
    named.push_back({&line, y, beside, beside ? y : y - text_size * 0.5F - theme.px(3.0F)});
  }
  std::ranges::stable_sort(named, {}, &Named::wanted);
  std::vector<float> wanted;
  for (const Named& each : named) wanted.push_back(each.wanted);
  const std::vector<float> places = places_of_labels(wanted, text_size + theme.px(1.0F), origin.y, origin.y + size.y);
  for (std::size_t i = 0; i < named.size(); ++i) {
    const ReferenceLine& line = *named[i].line;
    const float width = text_width(theme.fonts.words, text_size::caption, line.label);
    const float x = named[i].beside ? leader : right - width - theme.px(8.0F);
    if (named[i].beside) {
      list->AddLine({margin_begin, named[i].y}, {leader - theme.px(4.0F), places[i]}, packed(line.color, 0.5F),
                    theme.px(1.0F));
    }
    list->AddText(theme.fonts.words, text_size, {x, std::floor(places[i] - text_size * 0.5F)}, packed(line.color),
                  line.label.c_str());
  }
}

PlotDrawing::PlotDrawing(const SeriesSet& set, const LinePlotStyle& style, const Theme& theme,
                         std::optional<std::int64_t> selected)
    : set_(set),
      style_(style),
      theme_(theme),
      selected_(selected),
      list_(ImPlot::GetPlotDrawList()),
      mouse_(ImGui::GetIO().MousePos),
      low_(ImPlot::GetPlotPos()) {
  high_ = {low_.x + ImPlot::GetPlotSize().x, low_.y + ImPlot::GetPlotSize().y};
  floor_ = high_.y - theme.px(12.0F);
  for (const Series& series : set.lines) {
    for (const SeriesPoint& point : series.points) places_.push_back(place_of(point, series.slot));
  }
  detail_ = detail_of(places_, theme.px(kSquare), kMostMarks);
}

void PlotDrawing::bands() {
  const ImDrawListFlags flags = list_->Flags;
  list_->Flags &= ~ImDrawListFlags_AntiAliasedFill;  // no seams between neighbours
  for (const Series& series : set_.lines) {
    const ImU32 color = packed(theme_.series_style(series.slot).color, 0.18F);
    const SeriesPoint* last = nullptr;
    for (const SeriesPoint& point : series.points) {
      if (!has_interval(point)) {
        last = nullptr;
        continue;
      }
      if (last != nullptr && point.position != last->position) {
        list_->AddQuadFilled(
            ImPlot::PlotToPixels(last->position, last->high), ImPlot::PlotToPixels(point.position, point.high),
            ImPlot::PlotToPixels(point.position, point.low), ImPlot::PlotToPixels(last->position, last->low), color);
      }
      last = &point;
    }
  }
  list_->Flags = flags;
}

void PlotDrawing::lines() {
  std::size_t first = 0;
  for (const Series& series : set_.lines) {
    line(series, first);
    first += series.points.size();
  }
}

void PlotDrawing::path(std::span<const PathPoint> corners) {
  for (std::size_t i = 1; i < corners.size(); ++i) {
    list_->AddLine(place_of(corners[i - 1]), place_of(corners[i]), packed(theme_.accent, 0.7F), theme_.px(2.0F));
  }
}

void PlotDrawing::curve_list(std::span<const ReferenceCurve> curves) {
  const float size = text_size::caption * theme_.scale;
  const float row = size + theme_.px(3.0F);
  float widest = 0.0F;
  for (const ReferenceCurve& curve : curves) {
    widest = std::max(widest, text_width(theme_.fonts.words, text_size::caption, curve.label));
  }
  const ImVec2 corner = {ImPlot::GetPlotPos().x + ImPlot::GetPlotSize().x,
                         ImPlot::GetPlotPos().y + ImPlot::GetPlotSize().y};
  ImVec2 at = {corner.x - widest - theme_.px(8.0F), corner.y - row * static_cast<float>(curves.size() + 1)};
  for (const ReferenceCurve& curve : curves) {
    const float middle = at.y + size * 0.5F;
    dashed_line(list_, {at.x - theme_.px(30.0F), middle}, {at.x - theme_.px(6.0F), middle}, packed(curve.color),
                theme_.px(1.5F), theme_.px(6.0F), theme_.px(3.0F));
    list_->AddText(theme_.fonts.words, size, at, packed(curve.color), curve.label.c_str());
    at.y += row;
  }
}

void PlotDrawing::curve(const ReferenceCurve& curve) {
  const ImRect area(ImPlot::GetPlotPos(), {ImPlot::GetPlotPos().x + ImPlot::GetPlotSize().x,
                                           ImPlot::GetPlotPos().y + ImPlot::GetPlotSize().y});
  const float size = text_size::caption * theme_.scale;
  const float width = text_width(theme_.fonts.words, text_size::caption, curve.label);
  ImVec2 last = area.Min;
  for (std::size_t i = 1; i < curve.corners.size(); ++i) {
    const ImVec2 from = place_of(curve.corners[i - 1]);
    const ImVec2 to = place_of(curve.corners[i]);
    if (i % 2 == 1) list_->AddLine(from, to, packed(curve.color, 0.8F), theme_.px(1.0F));
    if (area.Contains(to)) last = to;
  }
  if (style_.curve_list) return;
  const ImVec2 at = {std::max(last.x - width - theme_.px(10.0F), area.Min.x + theme_.px(4.0F)),
                     std::max(last.y - size * 0.5F, area.Min.y + theme_.px(2.0F))};
  list_->AddText(theme_.fonts.words, size, at, packed(curve.color), curve.label.c_str());
}

void PlotDrawing::names(std::span<const PathPoint> corners) {
  const float size = text_size::caption * theme_.scale;
  const float right = ImPlot::GetPlotPos().x + ImPlot::GetPlotSize().x;
  std::vector<ImRect> taken;
  for (const PathPoint& corner : corners) {
    if (corner.label.empty()) continue;
    const ImVec2 point = place_of(corner);
    list_->AddCircle(point, theme_.px(8.0F), packed(theme_.accent, 0.7F), 0, theme_.px(1.5F));
    const float width = text_width(theme_.fonts.words, text_size::caption, corner.label);
    ImVec2 at = {point.x + theme_.px(11.0F), point.y - size - theme_.px(6.0F)};
    if (at.x + width > right) at.x = point.x - width - theme_.px(11.0F);
    const ImRect plate({at.x - theme_.px(3.0F), at.y}, {at.x + width + theme_.px(3.0F), at.y + size});
    if (std::ranges::any_of(taken, [&](const ImRect& other) { return other.Overlaps(plate); })) continue;
    taken.push_back(plate);
    list_->AddRectFilled(plate.Min, plate.Max, packed(theme_.panel, 0.85F), theme_.px(2.0F));
    list_->AddText(theme_.fonts.words, size, at, packed(theme_.text), corner.label.c_str());
  }
}

void PlotDrawing::live(const LiveMark& mark) {
  const SeriesStyle look = theme_.series_style(mark.slot);
  const double y = mark.y && *mark.y > 0.0 ? *mark.y : 0.0;
  ImVec2 at = {ImPlot::PlotToPixels(mark.position, 1.0).x, floor_};
  if (y > 0.0) at = ImPlot::PlotToPixels(mark.position, y);
  const auto pulse = static_cast<float>(0.5 + 0.5 * std::sin(ImGui::GetTime() * 6.0));
  list_->AddCircle(at, theme_.px(6.0F + 3.0F * pulse), packed(look.color, 0.9F - 0.5F * pulse), 0, theme_.px(1.5F));
  list_->AddCircleFilled(at, theme_.px(2.5F), packed(look.color));
}

void PlotDrawing::detail_note() {
  if (!detail_.is_thinned()) return;
  const std::string note =
      fmt::format("{} points drawn as {} marks", format_count(static_cast<std::int64_t>(detail_.points)),
                  format_count(static_cast<std::int64_t>(detail_.marks)));
  const float size = text_size::caption * theme_.scale;
  const ImVec2 at = {low_.x + theme_.px(8.0F), low_.y + theme_.px(4.0F)};
  const float width = text_width(theme_.fonts.words, text_size::caption, note);
  list_->AddRectFilled({at.x - theme_.px(3.0F), at.y - 1.0F}, {at.x + width + theme_.px(3.0F), at.y + size + 1.0F},
                       packed(theme_.panel, 0.85F), theme_.px(2.0F));
  list_->AddText(theme_.fonts.words, size, at, packed(theme_.quiet), note.c_str());
}

std::size_t PlotDrawing::beside_nearest() const {
  if (!nearest_ || !detail_.is_thinned()) return 0;
  const auto near = [this](const PlacedPoint& place) {
    return place.inside &&
           std::hypot(place.at.x - nearest_at_.x, place.at.y - nearest_at_.y) < theme_.px(kMarkerRadius);
  };
  return static_cast<std::size_t>(std::ranges::count_if(places_, near)) - 1;
}

bool PlotDrawing::on_plot(const SeriesPoint& point) const {
  return point.y && std::isfinite(*point.y) && (!style_.log_y || *point.y > 0.0);
}

bool PlotDrawing::has_interval(const SeriesPoint& point) const {
  return on_plot(point) && point.high > point.low && (!style_.log_y || point.low > 0.0);
}

/// A corner without a height stands on the floor.
ImVec2 PlotDrawing::place_of(const PathPoint& corner) const {
  const bool on_scale = !style_.log_y || corner.y > 0.0;
  const ImVec2 at = ImPlot::PlotToPixels(corner.position, on_scale ? corner.y : 1.0);
  return {at.x, on_scale ? at.y : floor_};
}

bool PlotDrawing::is_exact(const SeriesPoint& point) const {
  return !on_plot(point) && point.y && *point.y == 0.0 && !style_.floor_label.empty();
}

PlacedPoint PlotDrawing::place_of(const SeriesPoint& point, int slot) const {
  const bool has_number = on_plot(point);
  PlacedPoint place;
  place.at = ImPlot::PlotToPixels(point.position, has_number ? *point.y : 1.0);
  if (!has_number) place.at.y = floor_;
  place.series = slot;
  const Verdict verdict = point.point->verdict;
  place.look = !has_number && !is_exact(point) ? kOnTheFloor
               : verdict == Verdict::wrong     ? kCrossed
               : is_ringed(verdict)            ? kRinged
                                               : kPlain;
  const float radius = theme_.px(kMarkerRadius);
  place.inside = place.at.x > low_.x - radius && place.at.x < high_.x + radius && place.at.y > low_.y - radius &&
                 place.at.y < high_.y + radius;
  return place;
}

void PlotDrawing::line(const Series& series, std::size_t first) {
  const SeriesStyle look = theme_.series_style(series.slot);
  if (style_.joined) strokes(series, first, look);
  for (std::size_t i = 0; i < series.points.size(); ++i) {
    if (detail_.shown[first + i] && on_plot(series.points[i])) interval(series.points[i], look);
  }
  for (std::size_t i = 0; i < series.points.size(); ++i) {
    const SeriesPoint& point = series.points[i];
    const ImVec2 at = places_[first + i].at;
    if (detail_.shown[first + i] || selected_ == point.point->request.id) mark(point, at, look, series.slot);
    look_for_mouse(point, at);
  }
}

void PlotDrawing::strokes(const Series& series, std::size_t first, const SeriesStyle& look) {
  std::optional<PixelColumn> column;
  const auto end_column = [&] {
    if (column && column->bottom - column->top > kSeen) {
      segment({column->x, column->top}, {column->x, column->bottom}, look);
    }
  };
  for (std::size_t i = 0; i < series.points.size(); ++i) {
    if (!on_plot(series.points[i])) {
      end_column();
      column.reset();
      continue;
    }
    const ImVec2 at = places_[first + i].at;
    if (column && column->has(at)) {
      column->add(at);
      continue;
    }
    end_column();
    if (column) segment(column->last, at, look);
    column.emplace(at);
  }
  end_column();
}

void PlotDrawing::segment(ImVec2 from, ImVec2 to, const SeriesStyle& look) {
  if (look.cased) list_->AddLine(from, to, packed(look.outline, 0.55F), theme_.px(3.0F));
  if (look.dashed) {
    dashed_line(list_, from, to, packed(look.color), theme_.px(1.5F), theme_.px(6.0F), theme_.px(4.0F));
  } else {
    list_->AddLine(from, to, packed(look.color), theme_.px(1.5F));
  }
}

void PlotDrawing::interval(const SeriesPoint& point, const SeriesStyle& look) {
  if (!has_interval(point)) return;
  const ImVec2 bottom = ImPlot::PlotToPixels(point.position, point.low);
  const ImVec2 top = ImPlot::PlotToPixels(point.position, point.high);
  if (bottom.y - top.y < theme_.px(2.0F * kMarkerRadius)) return;  // hidden by the marker
  const float whisker = theme_.px(4.0F);
  const ImU32 color = packed(look.color, 0.8F);
  list_->AddLine(bottom, top, color, theme_.px(1.0F));
  list_->AddLine({bottom.x - whisker, bottom.y}, {bottom.x + whisker, bottom.y}, color, theme_.px(1.0F));
  list_->AddLine({top.x - whisker, top.y}, {top.x + whisker, top.y}, color, theme_.px(1.0F));
}

void PlotDrawing::mark(const SeriesPoint& point, ImVec2 at, const SeriesStyle& look, int slot) {
  const Verdict verdict = point.point->verdict;
  if (selected_ == point.point->request.id) {
    list_->AddCircle(at, theme_.px(9.0F), packed(theme_.accent), 0, theme_.px(1.5F));
  }
  if (on_plot(point) || is_exact(point)) {
    draw_series_marker(list_, theme_, at, theme_.px(kMarkerRadius), slot);
    if (verdict == Verdict::wrong) cross(list_, at, theme_.px(7.0F), packed(theme_.wrong.ink), theme_.px(2.0F));
    if (is_ringed(verdict)) {
      list_->AddCircle(at, theme_.px(7.0F), packed(theme_.verdict_style(verdict).tint.ink), 0, theme_.px(1.5F));
    }
  } else {
    cross(list_, at, theme_.px(4.0F), packed(look.color), theme_.px(2.0F));
  }
}

void PlotDrawing::look_for_mouse(const SeriesPoint& point, ImVec2 at) {
  const float distance = std::hypot(mouse_.x - at.x, mouse_.y - at.y);
  if (distance >= nearest_distance_ || distance >= theme_.px(kHitRadius)) return;
  nearest_distance_ = distance;
  nearest_at_ = at;
  nearest_ = point.point;
}

}  // namespace knobscope::gui
