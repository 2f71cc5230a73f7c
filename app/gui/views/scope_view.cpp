#include "gui/views/scope_view.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>
#include <implot.h>

#include "core/statistics.h"
#include "gui/views/findings_list.h"
#include "gui/views/point_index.h"
#include "gui/views/series.h"
#include "gui/widgets/format_number.h"
#include "gui/widgets/panel.h"

namespace knobscope::gui {
namespace {

/// What the scope shows: the samples of the running point while there is one, else of the selected point.
struct Trace {
  std::string title;
  std::array<Samples, kTimings.size()> series;  ///< by technique, in their order; null or empty where there are none
  bool empty() const { return first() == nullptr; }
  /// The first series that has samples.
  const std::vector<double>* first() const {
    for (const Samples& samples : series) {
      if (samples && !samples->empty()) return samples.get();
    }
    return nullptr;
  }
};

template <class Timed>
Trace trace_from(std::string title, const Timed& timed) {
  Trace trace{std::move(title), {}};
  for (std::size_t i = 0; i < kTimings.size(); ++i) trace.series[i] = timed.samples(kTimings[i]);
  return trace;
}

Trace trace_of(const ViewContext& context) {
  const Snapshot& snapshot = context.snapshot;
  if (snapshot.live && !context.state.selected_point) {
    const Variant* variant = snapshot.catalog->find(snapshot.live->request.variant);
    Trace live = trace_from(variant != nullptr ? variant->title : snapshot.live->request.variant, *snapshot.live);
    if (!live.empty()) return live;
  }
  const PointPtr point = focused_point(snapshot, context.state, &context.index);
  return point ? trace_from(point->variant_title, *point) : Trace{};
}

/// In the order of kTimings; each has its name beside it.
std::array<ImVec4, kTimings.size()> colors_of(const Theme& theme) {
  return {theme.accent, theme.cool[1], theme.noisy.ink, theme.invalid.ink, theme.quiet};
}

std::string headline(const Trace& trace) {
  const auto summary = summarize(*trace.first());
  if (!summary) return {};
  const double half = (summary->ci_high - summary->ci_low).count() / 2.0;
  return fmt::format("{} ± {} · {} samples · CV {}", format_time(summary->median), format_time(Nanoseconds(half)),
                     format_count(summary->count), format_percent(summary->cv));
}

int time_tick(double value, char* buffer, int size, void*) {
  const std::string text = format_time(Nanoseconds(value));
  return copy_label(text, buffer, size);
}

void draw_dots(const char* label, const Samples& samples, const ImVec4& color, double first_x, const Theme& theme) {
  if (!samples || samples->empty()) return;
  ImPlotSpec spec;
  spec.LineColor = color;
  spec.MarkerLineColor = color;
  spec.MarkerFillColor = color;
  spec.Marker = ImPlotMarker_Circle;
  spec.MarkerSize = theme.px(1.5F);
  spec.FillAlpha = 0.75F;
  std::vector<double> x(samples->size());
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = first_x + static_cast<double>(i);
  ImPlot::PlotScatter(label, x.data(), samples->data(), static_cast<int>(x.size()), spec);
}

/// The median and its 95 % interval across the samples it belongs to.
void draw_median(const Samples& samples, const ImVec4& color, double first_x) {
  if (!samples || samples->empty()) return;
  const auto summary = summarize(*samples);
  if (!summary) return;
  const std::array<double, 2> x = {first_x,
                                   first_x + static_cast<double>(std::max<std::size_t>(samples->size(), 2) - 1)};
  const std::array<double, 2> low = {summary->ci_low.count(), summary->ci_low.count()};
  const std::array<double, 2> high = {summary->ci_high.count(), summary->ci_high.count()};
  const std::array<double, 2> median = {summary->median.count(), summary->median.count()};
  ImPlotSpec band;
  band.FillColor = color;
  band.FillAlpha = 0.22F;
  ImPlot::PlotShaded("##band", x.data(), low.data(), high.data(), 2, band);
  ImPlotSpec line;
  line.LineColor = color;
  line.LineWeight = 1.5F;
  ImPlot::PlotLine("##median", x.data(), median.data(), 2, line);
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
    empty_state(theme, "Nothing is timed here", std::string(kErrorsAreReal) + ".");
    return;
  }
  const Trace trace = trace_of(context);
  if (trace.empty()) {
    empty_state(theme, "No samples yet", "Samples appear here one by one while a point is timed.");
    return;
  }
  panel_note(theme, headline(trace), true);
  const std::array<ImVec4, kTimings.size()> colors = colors_of(theme);
  text_in(theme.fonts.words, text_size::small, theme.quiet, trace.title);
  std::array<double, kTimings.size()> first_x{};  // one series after the other
  double count = 0.0;
  for (std::size_t i = 0; i < kTimings.size(); ++i) {
    first_x[i] = count;
    if (!trace.series[i] || trace.series[i]->empty()) continue;
    count += static_cast<double>(trace.series[i]->size());
    ImGui::SameLine(0.0F, theme.px(first_x[i] == 0.0 ? 12.0F : 8.0F));
    text_in(theme.fonts.words, text_size::small, colors[i], fmt::format("● {}", name_of(kTimings[i])));
  }
  const SampleRange range = sample_range(trace.series);

  ImGui::PushFont(theme.fonts.figures, text_size::caption);
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const float histogram_width = std::round(room.x * 0.2F);
  ImGui::PushStyleVar(ImGuiStyleVar_FrameBorderSize, 0.0F);  // the panel is frame enough
  constexpr ImPlotFlags flags = ImPlotFlags_CanvasOnly;
  constexpr ImPlotAxisFlags bare = ImPlotAxisFlags_NoDecorations;
  if (ImPlot::BeginPlot("##samples", ImVec2(room.x - histogram_width, room.y), flags)) {
    ImPlot::SetupAxes(nullptr, nullptr, bare, ImPlotAxisFlags_NoMenus | ImPlotAxisFlags_NoHighlight);
    ImPlot::SetupAxisLimits(ImAxis_X1, -1.0, std::max(count, 8.0), ImPlotCond_Always);
    ImPlot::SetupAxisLimits(ImAxis_Y1, range.low, range.high, ImPlotCond_Always);
    ImPlot::SetupAxisFormat(ImAxis_Y1, time_tick);
    for (std::size_t i = 0; i < colors.size(); ++i) draw_median(trace.series[i], colors[i], first_x[i]);
    for (std::size_t i = 0; i < colors.size(); ++i) {
      const std::string label = fmt::format("##{}", name_of(kTimings[i]));
      draw_dots(label.c_str(), trace.series[i], colors[i], first_x[i], theme);
    }
    ImPlot::EndPlot();
  }
  ImGui::SameLine(0.0F, 0.0F);
  if (ImPlot::BeginPlot("##histogram", ImVec2(histogram_width, room.y), flags)) {
    ImPlot::SetupAxes(nullptr, nullptr, bare, bare);
    ImPlot::SetupAxisLimits(ImAxis_X1, 0.0, 1.0, ImPlotCond_Always);
    ImPlot::SetupAxisLimits(ImAxis_Y1, range.low, range.high, ImPlotCond_Always);
    ImPlot::SetupFinish();
    ImPlot::PushPlotClipRect();
    for (std::size_t i = 0; i < colors.size(); ++i) draw_histogram(trace.series[i], range, colors[i]);
    ImPlot::PopPlotClipRect();
    ImPlot::EndPlot();
  }
  ImGui::PopStyleVar();
  ImGui::PopFont();
}

}  // namespace knobscope::gui
