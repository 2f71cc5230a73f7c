#include "gui/views/line_plot.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include <fmt/format.h>
#include <imgui_internal.h>
#include <implot.h>

#include "gui/widgets/format_number.h"
#include "gui/widgets/panel.h"
#include "gui/widgets/series_marker.h"
#include "gui/widgets/verdict_badge.h"

namespace knobscope::gui {
namespace {

constexpr float kHitRadius = 14.0F;  // design pixels around a point that count as on it
constexpr float kMarkerRadius = 4.5F;

struct Range {
  double low = 0.0;
  double high = 1.0;
};

Range y_range(const SeriesSet& set, std::span<const ReferenceLine> references, bool log_y) {
  double low = set.y_min.value_or(std::numeric_limits<double>::infinity());
  double high = set.y_max.value_or(-std::numeric_limits<double>::infinity());
  for (const ReferenceLine& line : references) {
    low = std::min(low, line.y);
    high = std::max(high, line.y);
    for (const PathPoint& corner : line.corners) {
      if (!log_y || corner.y > 0.0) low = std::min(low, corner.y);
      high = std::max(high, corner.y);
    }
  }
  if (!(low <= high)) return log_y ? Range{1e9, 1e13} : Range{0.0, 1.0};
  if (!log_y) return {0.0, high > 0.0 ? high * 1.12 : 1.0};
  if (low <= 0.0) low = high > 0.0 ? high * 1e-6 : 1e-12;
  if (high <= 0.0) high = low * 10.0;
  // Room at the floor for what has no number, and above for the highest label.
  const double span = std::max(std::log10(high / low), 0.5);
  return {low / std::pow(10.0, 0.16 * span), high * std::pow(10.0, 0.10 * span)};
}

/// Half steps where less than a decade shows, 1-2-5 where few show, 1-3 where more, whole decades where many.
std::vector<double> log_ticks(const Range& range) {
  const double decades = std::log10(range.high / range.low);
  const std::vector<double> steps =
      decades > 6.0   ? std::vector<double>{1.0}
      : decades > 2.5 ? std::vector<double>{1.0, 3.0}
      : decades > 0.9 ? std::vector<double>{1.0, 2.0, 5.0}
                      : std::vector<double>{1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0, 9.0};
  const int stride = decades > 12.0 ? 3 : 1;
  std::vector<double> ticks;
  const int first = static_cast<int>(std::floor(std::log10(range.low)));
  const int last = static_cast<int>(std::ceil(std::log10(range.high)));
  for (int exponent = first; exponent <= last; ++exponent) {
    if (exponent % stride != 0) continue;
    for (const double step : steps) {
      const double value = step * std::pow(10.0, exponent);
      if (value >= range.low && value <= range.high) ticks.push_back(value);
    }
  }
  return ticks;
}

int format_tick(double value, char* buffer, int size, void* user) {
  const auto format = reinterpret_cast<std::string (*)(double)>(user);
  return copy_label(format(value), buffer, size);
}

/// Room at the right for the names of reference lines, where no point stands; in pixels.
float label_margin(std::span<const ReferenceLine> references, const LinePlotStyle& style, const Theme& theme) {
  if (style.labels_inside || references.empty()) return 0.0F;
  float widest = 0.0F;
  for (const ReferenceLine& line : references) {
    widest = std::max(widest, text_width(theme.fonts.words, text_size::caption, line.label));
  }
  return std::min(widest + theme.px(12.0F), ImGui::GetContentRegionAvail().x * 0.35F);
}

/// Returns the x up to which points may stand; names of reference lines begin there.
double setup_axes(const SeriesSet& set, std::span<const ReferenceLine> references, const LinePlotStyle& style,
                  const Theme& theme, bool refit) {
  constexpr ImPlotAxisFlags quiet = ImPlotAxisFlags_NoHighlight | ImPlotAxisFlags_NoMenus;
  ImPlot::SetupAxes(nullptr, nullptr, quiet | ImPlotAxisFlags_NoGridLines, quiet);
  ImPlot::SetupLegend(ImPlotLocation_NorthEast);
  const Range range = y_range(set, references, style.log_y);
  if (style.log_y) ImPlot::SetupAxisScale(ImAxis_Y1, ImPlotScale_Log10);
  double left = 0.0;
  double right = 1.0;
  if (!set.ticks.empty()) {
    left = set.ticks.front().position;
    right = set.ticks.back().position;
  }
  const double margin = right > left ? (right - left) * 0.05 : 0.5;
  const double width = std::max(static_cast<double>(ImGui::GetContentRegionAvail().x), 1.0);
  const double share = static_cast<double>(label_margin(references, style, theme)) / width;
  const double last = right + (share > 0.0 ? margin * 0.5 : margin);
  const double end = last + (last - left + margin) * share / (1.0 - share);
  const ImPlotCond condition = refit ? ImPlotCond_Always : ImPlotCond_Once;
  ImPlot::SetupAxisLimits(ImAxis_X1, left - margin, end, condition);
  ImPlot::SetupAxisLimits(ImAxis_Y1, range.low, range.high, condition);

  std::vector<double> positions;
  std::vector<const char*> labels;
  // Every value keeps its tick; a label that would run into the one before stays away.
  const auto width_of = [](const char* text) { return static_cast<double>(ImGui::CalcTextSize(text).x); };
  const double per_pixel = (end - left + margin) / width;
  double free_from = -std::numeric_limits<double>::infinity();
  for (const AxisTick& tick : set.ticks) {
    const double half = per_pixel * width_of(tick.label.c_str()) * 0.5;
    const bool fits = tick.position - half > free_from;
    positions.push_back(tick.position);
    labels.push_back(fits ? tick.label.c_str() : "");
    if (fits) free_from = tick.position + half + per_pixel * width_of("  ");
  }
  // ImPlot wants at least one tick where labels are given.
  if (positions.empty()) {
    positions.push_back(left);
    labels.push_back("");
  }
  ImPlot::SetupAxisTicks(ImAxis_X1, positions.data(), static_cast<int>(positions.size()), labels.data());
  if (style.format_y != nullptr) {
    ImPlot::SetupAxisFormat(ImAxis_Y1, format_tick, reinterpret_cast<void*>(style.format_y));
  }
  if (style.log_y) {
    const std::vector<double> ticks = log_ticks(range);
    if (!ticks.empty()) ImPlot::SetupAxisTicks(ImAxis_Y1, ticks.data(), static_cast<int>(ticks.size()));
  }
  return last;
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

struct PlacedLabel {
  const ReferenceLine* line = nullptr;
  float line_y = 0.0F;
  float y = 0.0F;  ///< of its upper edge
};

/// From the highest line to the lowest: names that would run into each other move down, and up again where the last
/// left the plot.
void spread(std::vector<PlacedLabel>& labels, float height, float bottom) {
  std::ranges::stable_sort(labels, [](const PlacedLabel& a, const PlacedLabel& b) { return a.line->y > b.line->y; });
  for (std::size_t i = 1; i < labels.size(); ++i) labels[i].y = std::max(labels[i].y, labels[i - 1].y + height);
  float lowest = bottom;
  for (auto label = labels.rbegin(); label != labels.rend(); ++label) {
    label->y = std::min(label->y, lowest - height);
    lowest = label->y;
  }
}

/// Dashed lines, and their names to the right of `end`, where no point stands. Zoomed in, or with `labels_inside`, the
/// names stand over the plot, at its right edge and above their lines.
void draw_references(ImDrawList* list, std::span<const ReferenceLine> references, double end,
                     const LinePlotStyle& style, const Theme& theme) {
  const ImVec2 origin = ImPlot::GetPlotPos();
  const ImVec2 size = ImPlot::GetPlotSize();
  const float right = origin.x + size.x;
  const float text_size = text_size::caption * theme.scale;
  const float margin_begin = ImPlot::PlotToPixels(end, 1.0).x;
  std::vector<PlacedLabel> labels;
  for (const ReferenceLine& line : references) {
    const float y = std::round(ImPlot::PlotToPixels(0.0, line.y).y);
    if (y < origin.y || y > origin.y + size.y) continue;
    const float width = text_width(theme.fonts.words, text_size::caption, line.label);
    const bool beside = !style.labels_inside && margin_begin + width <= right;
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
    labels.push_back({&line, y, beside ? y - text_size * 0.5F : y - text_size - theme.px(3.0F)});
  }
  spread(labels, text_size + theme.px(1.0F), origin.y + size.y);
  for (const PlacedLabel& label : labels) {
    const float width = text_width(theme.fonts.words, text_size::caption, label.line->label);
    const bool beside = !style.labels_inside && margin_begin + width <= right;
    const ImVec2 at = {beside ? margin_begin + theme.px(6.0F) : right - width - theme.px(8.0F), label.y};
    if (beside) {
      list->AddLine({margin_begin, label.line_y}, {at.x - theme.px(1.0F), at.y + text_size * 0.5F},
                    packed(label.line->color, 0.5F), theme.px(1.0F));
    }
    list->AddText(theme.fonts.words, text_size, at, packed(label.line->color), label.line->label.c_str());
  }
}

/// A cross with the outline that keeps it visible on any ground.
void cross(ImDrawList* list, ImVec2 center, float radius, ImU32 color, float width) {
  list->AddLine({center.x - radius, center.y - radius}, {center.x + radius, center.y + radius}, color, width);
  list->AddLine({center.x - radius, center.y + radius}, {center.x + radius, center.y - radius}, color, width);
}

class Drawing {
 public:
  Drawing(const LinePlotStyle& style, const Theme& theme, std::optional<std::int64_t> selected)
      : style_(style), theme_(theme), selected_(selected), list_(ImPlot::GetPlotDrawList()) {
    const ImVec2 origin = ImPlot::GetPlotPos();
    floor_ = origin.y + ImPlot::GetPlotSize().y - theme.px(12.0F);
    mouse_ = ImGui::GetIO().MousePos;
  }

  void line(const Series& series) {
    const SeriesStyle look = theme_.series_style(series.slot);
    std::optional<ImVec2> last;
    for (const SeriesPoint& point : series.points) {
      if (!on_plot(point)) {
        last.reset();
        continue;
      }
      const ImVec2 at = ImPlot::PlotToPixels(point.position, *point.y);
      if (last && style_.joined) segment(*last, at, look);
      interval(point, look);
      last = at;
    }
    for (const SeriesPoint& point : series.points) mark(point, look, series.slot);
  }

  /// The intervals of a line's points, joined as the points are. Below the lines, so for all of them first.
  void band(const Series& series) {
    const ImU32 color = packed(theme_.series_style(series.slot).color, 0.18F);
    const ImDrawListFlags flags = list_->Flags;
    list_->Flags &= ~ImDrawListFlags_AntiAliasedFill;  // no seams between neighbours
    const SeriesPoint* last = nullptr;
    for (const SeriesPoint& point : series.points) {
      if (!has_interval(point)) {
        last = nullptr;
        continue;
      }
      if (last != nullptr) {
        list_->AddQuadFilled(
            ImPlot::PlotToPixels(last->position, last->high), ImPlot::PlotToPixels(point.position, point.high),
            ImPlot::PlotToPixels(point.position, point.low), ImPlot::PlotToPixels(last->position, last->low), color);
      }
      last = &point;
    }
    list_->Flags = flags;
  }

  void path(std::span<const PathPoint> corners) {
    for (std::size_t i = 1; i < corners.size(); ++i) {
      list_->AddLine(place_of(corners[i - 1]), place_of(corners[i]), packed(theme_.accent, 0.7F), theme_.px(2.0F));
    }
  }

  /// Names of curves under each other at the lower right, each behind a piece of its line.
  void curve_list(std::span<const ReferenceCurve> curves) {
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

  /// Its name stands where it leaves the plot.
  void curve(const ReferenceCurve& curve) {
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

  /// Names of corners, over the points; what has no room stays away.
  void names(std::span<const PathPoint> corners) {
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

  void live(const LiveMark& mark) {
    const SeriesStyle look = theme_.series_style(mark.slot);
    const double y = mark.y && *mark.y > 0.0 ? *mark.y : 0.0;
    ImVec2 at = {ImPlot::PlotToPixels(mark.position, 1.0).x, floor_};
    if (y > 0.0) at = ImPlot::PlotToPixels(mark.position, y);
    const auto pulse = static_cast<float>(0.5 + 0.5 * std::sin(ImGui::GetTime() * 6.0));
    list_->AddCircle(at, theme_.px(6.0F + 3.0F * pulse), packed(look.color, 0.9F - 0.5F * pulse), 0, theme_.px(1.5F));
    list_->AddCircleFilled(at, theme_.px(2.5F), packed(look.color));
  }

  const PointPtr& nearest() const { return nearest_; }

 private:
  bool on_plot(const SeriesPoint& point) const {
    return point.y && std::isfinite(*point.y) && (!style_.log_y || *point.y > 0.0);
  }

  bool has_interval(const SeriesPoint& point) const {
    return on_plot(point) && point.high > point.low && (!style_.log_y || point.low > 0.0);
  }

  /// A corner without a height stands on the floor.
  ImVec2 place_of(const PathPoint& corner) const {
    const bool on_scale = !style_.log_y || corner.y > 0.0;
    const ImVec2 at = ImPlot::PlotToPixels(corner.position, on_scale ? corner.y : 1.0);
    return {at.x, on_scale ? at.y : floor_};
  }

  void segment(ImVec2 from, ImVec2 to, const SeriesStyle& look) {
    if (look.dashed) {
      dashed_line(list_, from, to, packed(look.color), theme_.px(1.5F), theme_.px(6.0F), theme_.px(4.0F));
    } else {
      list_->AddLine(from, to, packed(look.color), theme_.px(1.5F));
    }
  }

  void interval(const SeriesPoint& point, const SeriesStyle& look) {
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

  void mark(const SeriesPoint& point, const SeriesStyle& look, int slot) {
    const bool has_number = on_plot(point);
    ImVec2 at = {ImPlot::PlotToPixels(point.position, 1.0).x, floor_};
    if (has_number) at = ImPlot::PlotToPixels(point.position, *point.y);
    const Verdict verdict = point.point->verdict;
    const bool exact = !has_number && point.y && *point.y == 0.0 && !style_.floor_label.empty();
    if (selected_ == point.point->request.id) {
      list_->AddCircle(at, theme_.px(9.0F), packed(theme_.accent), 0, theme_.px(1.5F));
    }
    if (has_number || exact) {
      draw_series_marker(list_, theme_, at, theme_.px(kMarkerRadius), slot);
      if (verdict == Verdict::wrong) cross(list_, at, theme_.px(7.0F), packed(theme_.wrong.ink), theme_.px(2.0F));
      if (verdict == Verdict::invalid || verdict == Verdict::noisy || verdict == Verdict::throttled) {
        list_->AddCircle(at, theme_.px(7.0F), packed(theme_.verdict_style(verdict).tint.ink), 0, theme_.px(1.5F));
      }
    } else {
      cross(list_, at, theme_.px(4.0F), packed(look.color), theme_.px(2.0F));
    }
    const float distance = std::hypot(mouse_.x - at.x, mouse_.y - at.y);
    if (distance < nearest_distance_ && distance < theme_.px(kHitRadius)) {
      nearest_distance_ = distance;
      nearest_ = point.point;
    }
  }

  const LinePlotStyle& style_;
  const Theme& theme_;
  std::optional<std::int64_t> selected_;
  ImDrawList* list_;
  ImVec2 mouse_;
  float floor_ = 0.0F;
  PointPtr nearest_;
  float nearest_distance_ = std::numeric_limits<float>::infinity();
};

bool moved_now() {
  return ImPlot::IsPlotHovered() &&
         (ImGui::IsMouseDragging(ImGuiMouseButton_Left) || ImGui::GetIO().MouseWheel != 0.0F);
}

}  // namespace

LinePlotResult LinePlot::draw(const char* id, const SeriesSet& set, std::span<const ReferenceLine> references,
                              const std::optional<LiveMark>& live, std::optional<std::int64_t> selected,
                              const LinePlotStyle& style, const Theme& theme) {
  LinePlotResult result;
  const std::string axes = fmt::format("{} {} over {} {}", style.y_title, style.log_y ? "log" : "linear", style.x_title,
                                       set.form == AxisForm::log2 ? "log" : "linear");
  if (axes != fitted_axes_) moved_by_hand_ = false;
  fitted_axes_ = axes;

  ImGui::PushFont(theme.fonts.figures, text_size::caption);
  ImGui::PushStyleVar(ImGuiStyleVar_FrameBorderSize, 0.0F);  // the panel is frame enough
  constexpr ImPlotFlags flags = ImPlotFlags_NoTitle | ImPlotFlags_NoLegend | ImPlotFlags_NoMouseText |
                                ImPlotFlags_NoMenus | ImPlotFlags_NoBoxSelect;
  if (ImPlot::BeginPlot(id, ImVec2(-1.0F, -1.0F), flags)) {
    const double end = setup_axes(set, references, style, theme, !moved_by_hand_);
    ImPlot::SetupFinish();
    ImPlot::PushPlotClipRect(theme.px(8.0F));
    draw_references(ImPlot::GetPlotDrawList(), references, end, style, theme);
    Drawing drawing(style, theme, selected);
    if (style.joined) {
      for (const Series& series : set.lines) drawing.band(series);
    }
    for (const ReferenceCurve& curve : style.curves) drawing.curve(curve);
    if (style.curve_list) drawing.curve_list(style.curves);
    drawing.path(style.path);
    for (const Series& series : set.lines) drawing.line(series);
    drawing.names(style.path);
    if (live) drawing.live(*live);
    ImPlot::PopPlotClipRect();

    if (moved_now()) moved_by_hand_ = true;
    if (ImPlot::IsPlotHovered()) {
      if (ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left)) moved_by_hand_ = false;
      result.hovered = drawing.nearest();
      if (ImGui::IsMouseClicked(ImGuiMouseButton_Left)) result.clicked = drawing.nearest();
    }
    ImPlot::EndPlot();
  }
  ImGui::PopStyleVar();
  ImGui::PopFont();
  return result;
}

void point_tip(const Theme& theme, const Point& point, const std::string& more) {
  if (!begin_tip(theme)) return;
  std::string title = point.variant_title;
  if (!point.request.knobs.empty()) title += " · " + format_knobs(point.request.knobs);
  text_in(theme.fonts.strong, text_size::body, theme.strong, title);
  if (const auto& summary = point.headline()) {
    text_in(theme.fonts.figures, text_size::small, theme.text,
            fmt::format("{} {}   {} … {}", name_of(*point.headline_timing()), format_time(summary->median),
                        format_time(summary->ci_low), format_time(summary->ci_high)));
    text_in(theme.fonts.figures, text_size::small, theme.text,
            fmt::format("{} · {} of copy", format_rate(point.bandwidth()), format_percent(point.copy_fraction())));
    if (const SizeCeiling* ceiling = point.size_ceiling()) {
      text_in(theme.fonts.figures, text_size::small, theme.quiet,
              fmt::format("{} moved {}: copy {} · read {} · write {}", format_bytes(ceiling->bytes),
                          name_of(ceiling->timing), format_rate(ceiling->copy), format_rate(ceiling->read),
                          format_rate(ceiling->write)));
    }
    if (!more.empty()) text_in(theme.fonts.figures, text_size::small, theme.quiet, more);
  }
  if (point.window && point.window != WindowState::none) {
    text_in(theme.fonts.words, text_size::small, theme.quiet,
            point.window == WindowState::live ? "the window drew on this GPU while it was timed"
                                              : "the window stood still while it was timed");
  }
  const VerdictStyle style = theme.verdict_style(point.verdict);
  badge(theme, style.tint, style.mark, style.word);
  if (!point.reason.empty()) {
    ImGui::PushTextWrapPos(ImGui::GetCursorPosX() + theme.px(360.0F));
    ImGui::PushStyleColor(ImGuiCol_Text, theme.quiet);
    ImGui::TextUnformatted(point.reason.data(), point.reason.data() + point.reason.size());
    ImGui::PopStyleColor();
    ImGui::PopTextWrapPos();
  }
  end_tip();
}

}  // namespace knobscope::gui
