#include "gui/views/scope_view.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <implot.h>

#include "core/statistics.h"
#include "gui/views/findings_list.h"
#include "gui/views/point_index.h"
#include "gui/views/scope_strip.h"
#include "gui/views/series.h"
#include "gui/widgets/format_number.h"
#include "gui/widgets/panel.h"

namespace knobscope::gui {
namespace {

/// Of the running point while there is one with samples, else of the selected point; whatever holds it stays alive.
struct Shown {
  std::shared_ptr<const LivePoint> live;
  PointPtr point;
};

Shown shown_in(const ViewContext& context) {
  const Snapshot& snapshot = context.snapshot;
  const auto has_samples = [](const LivePoint& live) {
    return std::ranges::any_of(kTimings, [&](Timing timing) {
      const SeriesEnvironment* environment = live.series_environment(timing);
      return (live.samples(timing) && !live.samples(timing)->empty()) ||
             (environment != nullptr && !environment->discarded.empty());
    });
  };
  if (snapshot.live && !context.state.selected_point && has_samples(*snapshot.live)) return {snapshot.live, nullptr};
  return {nullptr, focused_point(snapshot, context.state, &context.index)};
}

ScopeTrace trace_in(const ViewContext& context, const Shown& shown) {
  const Snapshot& snapshot = context.snapshot;
  if (shown.point) return trace_of(*shown.point, device_kind_of(snapshot, shown.point->request.device));
  if (!shown.live) return {};
  const PointRequest& request = shown.live->request;
  const Variant* variant = snapshot.catalog->find(request.variant);
  return trace_of(*shown.live, variant != nullptr ? variant->title : request.variant,
                  device_kind_of(snapshot, request.device));
}

int time_tick(double value, char* buffer, int size, void*) {
  const std::string text = format_time(Nanoseconds(value));
  return copy_label(text, buffer, size);
}

void draw_dots(const char* label, const ScopeSeries& series, const ImVec4& color, const Theme& theme) {
  if (!series.samples) return;
  ImPlotSpec spec;
  spec.LineColor = color;
  spec.MarkerLineColor = color;
  spec.MarkerFillColor = color;
  spec.Marker = ImPlotMarker_Circle;
  spec.MarkerSize = theme.px(1.5F);
  spec.FillAlpha = 0.75F;
  ImPlot::PlotScatter(label, series.at.data(), series.samples->data(), static_cast<int>(series.at.size()), spec);
}

/// How the median and its 95 % interval went while the samples came.
void draw_course(const ScopeSeries& series, const ImVec4& color) {
  if (series.course.empty()) return;
  std::vector<double> x;
  std::vector<double> low;
  std::vector<double> high;
  std::vector<double> median;
  const auto add = [&](double at, const RunningMedian& step) {
    x.push_back(at), low.push_back(step.low), high.push_back(step.high), median.push_back(step.median);
  };
  for (const RunningMedian& step : series.course) add(series.at[static_cast<std::size_t>(step.count) - 1], step);
  if (x.size() == 1) add(x.front() + 1.0, series.course.front());  // a line needs two ends
  const int count = static_cast<int>(x.size());
  ImPlotSpec band;
  band.FillColor = color;
  band.FillAlpha = 0.22F;
  ImPlot::PlotShaded("##band", x.data(), low.data(), high.data(), count, band);
  ImPlotSpec line;
  line.LineColor = color;
  line.LineWeight = 1.5F;
  ImPlot::PlotLine("##median", x.data(), median.data(), count, line);
}

/// Those beyond the axis stand at its end: what is thrown away must not flatten what counts.
void draw_discarded(const Theme& theme, const ScopeTrace& trace, const SampleRange& range) {
  const double margin = 0.06 * (range.high - range.low);
  std::vector<ImVec2> marks;
  for (const ScopeSeries& series : trace.series) {
    for (const DiscardedMark& each : series.discarded) {
      const double y = std::clamp(each.time_ns, range.low + margin, range.high - margin);
      marks.push_back(ImPlot::PlotToPixels(each.at, y));
    }
  }
  ImPlot::PushPlotClipRect();
  draw_throttled_marks(ImPlot::GetPlotDrawList(), theme, marks);
  ImPlot::PopPlotClipRect();
}

/// Of the samples that count; where none does, of the others.
SampleRange range_of(const ScopeTrace& trace) {
  std::vector<Samples> series;
  for (const ScopeSeries& each : trace.series) series.push_back(each.samples);
  if (trace.first_counted() != nullptr) return sample_range(series);
  std::vector<double> times;
  for (const ScopeSeries& each : trace.series) {
    for (const DiscardedMark& mark : each.discarded) times.push_back(mark.time_ns);
  }
  return sample_range(std::array<Samples, 1>{std::make_shared<const std::vector<double>>(std::move(times))});
}

void draw_legend(const Theme& theme, const ScopeTrace& trace) {
  const std::array<ImVec4, kTimings.size()> colors = timing_colors(theme);
  // The figures at the end of the line come before the rest of a long title.
  const float most = 0.42F * ImGui::GetContentRegionAvail().x;
  text_in(theme.fonts.words, text_size::small, theme.quiet,
          shortened_between(theme.fonts.words, text_size::small, trace.title, most));
  float gap = 12.0F;
  for (const ScopeSeries& series : trace.series) {
    ImGui::SameLine(0.0F, theme.px(std::exchange(gap, 8.0F)));
    text_in(theme.fonts.words, text_size::small, colors[static_cast<std::size_t>(series.timing)],
            fmt::format("● {}", name_of(series.timing)));
  }
  if (trace.discarded() > 0) {
    ImGui::SameLine(0.0F, theme.px(gap));
    const VerdictStyle style = theme.verdict_style(Verdict::throttled);
    text_in(theme.fonts.figures, text_size::small, style.tint.ink, style.mark);
    ImGui::SameLine(0.0F, theme.px(4.0F));
    text_in(theme.fonts.words, text_size::small, style.tint.ink, "throttled");
  }
  if (trace.shared.empty()) return;
  ImGui::SameLine(0.0F, theme.px(12.0F));
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float size = text_size::small * theme.scale;
  ImGui::InvisibleButton("shared", {text_width(theme.fonts.words, text_size::small, "shared"), size});
  ImGui::GetWindowDrawList()->AddText(theme.fonts.words, size, at, packed(theme.noisy.ink), "shared");
  if (ImGui::IsItemHovered()) show_tip(theme, trace.shared + ": what it does meanwhile is in these times.");
}

void draw_histogram(const Samples& samples, const SampleRange& range, const ImVec4& color) {
  if (!samples || samples->empty()) return;
  const ImVec2 origin = ImPlot::GetPlotPos();
  const ImVec2 size = ImPlot::GetPlotSize();
  const int bins = std::clamp(static_cast<int>(size.y / 5.0F), 8, 64);
  const std::vector<double> counts = histogram(*samples, range.low, range.high, bins);
  const double most = *std::max_element(counts.begin(), counts.end());
  if (most <= 0.0) return;
  ImDrawList* list = ImPlot::GetPlotDrawList();
  const double step = (range.high - range.low) / bins;
  for (int bin = 0; bin < bins; ++bin) {
    if (counts[static_cast<std::size_t>(bin)] <= 0.0) continue;
    const float top = ImPlot::PlotToPixels(0.0, range.low + step * (bin + 1)).y;
    const float bottom = ImPlot::PlotToPixels(0.0, range.low + step * bin).y;
    const auto share = static_cast<float>(counts[static_cast<std::size_t>(bin)] / most);
    list->AddRectFilled({origin.x, top + 1.0F}, {origin.x + size.x * share, std::max(bottom, top + 2.0F)},
                        packed(color, 0.7F));
  }
}

}  // namespace

std::vector<double> histogram(const std::vector<double>& samples, double low, double high, int bins) {
  std::vector<double> counts(static_cast<std::size_t>(std::max(bins, 1)), 0.0);
  if (!(high > low)) return counts;
  const double scale = static_cast<double>(counts.size()) / (high - low);
  for (const double sample : samples) {
    if (!(sample >= low && sample <= high)) continue;
    const auto bin = static_cast<std::size_t>((sample - low) * scale);
    counts[std::min(bin, counts.size() - 1)] += 1.0;
  }
  return counts;
}

SampleRange sample_range(std::span<const Samples> series) {
  SampleRange range{1e300, -1e300};
  for (const Samples& samples : series) {
    if (!samples || samples->empty()) continue;
    range.low = std::min(range.low, quantile(*samples, 0.005).value_or(range.low));
    range.high = std::max(range.high, quantile(*samples, 0.995).value_or(range.high));
  }
  const double margin = std::max((range.high - range.low) * 0.15, std::abs(range.high) * 0.002);
  return {range.low - margin, range.high + margin};
}

void ScopeView::draw(ViewContext& context) {
  const Theme& theme = context.theme;
  if (!is_timed(device_kind_of(context.snapshot, context.state.plan.device))) {
    empty_state(theme, "Nothing is timed here",
                std::string(kErrorsAreReal) + ", and there is no clock, power or temperature to tell of.");
    return;
  }
  follow(context);
  if (trace_.empty()) {
    empty_state(theme, "No samples yet", "Samples appear here one by one while a point is timed.");
    return;
  }
  panel_note(theme, figures_.headline, true);
  draw_legend(theme, trace_);
  draw_figures(theme, figures_);
  ImGui::PushFont(theme.fonts.figures, text_size::caption);
  draw_plots(theme);
  ImGui::PopFont();
}

void ScopeView::follow(const ViewContext& context) {
  const Shown shown = shown_in(context);
  const std::shared_ptr<const void> of =
      shown.point ? std::shared_ptr<const void>(shown.point) : std::shared_ptr<const void>(shown.live);
  if (of == trace_is_of_ && of != nullptr) return;
  trace_ = trace_in(context, shown);
  figures_ = figures_of(trace_);
  if (!trace_.empty()) range_ = range_of(trace_);
  trace_is_of_ = of;
}

void ScopeView::draw_plots(const Theme& theme) {
  const std::array<ImVec4, kTimings.size()> colors = timing_colors(theme);
  const PlaceRange places = trace_.places();
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const float histogram_width = std::round(room.x * 0.2F);
  const float below = strip_height(theme, trace_, room.y);
  const float height = room.y - below;
  const ImVec2 corner = ImGui::GetCursorScreenPos();
  PlaceFrame frame;
  std::optional<double> hovered;
  ImGui::PushStyleVar(ImGuiStyleVar_FrameBorderSize, 0.0F);  // the panel is frame enough
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2{0.0F, 0.0F});
  constexpr ImPlotFlags flags = ImPlotFlags_CanvasOnly;
  constexpr ImPlotAxisFlags bare = ImPlotAxisFlags_NoDecorations;
  if (ImPlot::BeginPlot("##samples", ImVec2(room.x - histogram_width, height), flags)) {
    ImPlot::SetupAxes(nullptr, nullptr, bare, ImPlotAxisFlags_NoMenus | ImPlotAxisFlags_NoHighlight);
    ImPlot::SetupAxisLimits(ImAxis_X1, places.low, places.high, ImPlotCond_Always);
    ImPlot::SetupAxisLimits(ImAxis_Y1, range_.low, range_.high, ImPlotCond_Always);
    ImPlot::SetupAxisFormat(ImAxis_Y1, time_tick);
    for (const ScopeSeries& series : trace_.series) {
      draw_course(series, colors[static_cast<std::size_t>(series.timing)]);
    }
    for (const ScopeSeries& series : trace_.series) {
      const std::string label = fmt::format("##{}", name_of(series.timing));
      draw_dots(label.c_str(), series, colors[static_cast<std::size_t>(series.timing)], theme);
    }
    draw_discarded(theme, trace_, range_);
    frame = {ImPlot::GetPlotPos().x, ImPlot::GetPlotPos().x + ImPlot::GetPlotSize().x};
    if (ImPlot::IsPlotHovered()) hovered = ImPlot::GetPlotMousePos().x;
    ImPlot::EndPlot();
  }
  ImGui::SameLine(0.0F, 0.0F);
  if (ImPlot::BeginPlot("##histogram", ImVec2(histogram_width, height), flags)) {
    ImPlot::SetupAxes(nullptr, nullptr, bare, bare);
    ImPlot::SetupAxisLimits(ImAxis_X1, 0.0, 1.0, ImPlotCond_Always);
    ImPlot::SetupAxisLimits(ImAxis_Y1, range_.low, range_.high, ImPlotCond_Always);
    ImPlot::SetupFinish();
    ImPlot::PushPlotClipRect();
    for (const ScopeSeries& series : trace_.series) {
      draw_histogram(series.samples, range_, colors[static_cast<std::size_t>(series.timing)]);
    }
    ImPlot::PopPlotClipRect();
    ImPlot::EndPlot();
  }
  if (const auto place = draw_strip(theme, trace_, frame, below)) hovered = place;
  ImGui::PopStyleVar(2);
  if (!hovered) return;
  const double share = (*hovered - places.low) / (places.high - places.low);
  const float x = frame.left + static_cast<float>(share) * (frame.right - frame.left);
  draw_place_line(ImGui::GetWindowDrawList(), theme, x, corner.y, corner.y + room.y);
  sample_tip(theme, trace_, *hovered);
}

}  // namespace knobscope::gui
