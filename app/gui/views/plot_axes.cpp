#include "gui/views/plot_axes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <imgui.h>
#include <implot.h>

#include "gui/widgets/format_number.h"
#include "gui/widgets/panel.h"

namespace knobscope::gui {
namespace {

constexpr float kTickRoom = 22.0F;  // design pixels of height for a label of the y axis

struct Range {
  double low = 0.0;
  double high = 1.0;
};

Range y_range(const SeriesSet& set, std::span<const ReferenceLine> references, bool log_y, bool from_zero) {
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
  if (!log_y && !from_zero) {
    // Room at the floor for what has no number.
    const double span = std::max(high - low, 0.02 * std::abs(high));
    return {low - 0.16 * span, high + 0.10 * span};
  }
  // Below zero, too, is room at the floor.
  if (!log_y) return high > 0.0 ? Range{-0.08 * high, high * 1.12} : Range{0.0, 1.0};
  if (low <= 0.0) low = high > 0.0 ? high * 1e-6 : 1e-12;
  if (high <= 0.0) high = low * 10.0;
  // Room at the floor for what has no number, and above for the highest label.
  const double span = std::max(std::log10(high / low), 0.5);
  return {low / std::pow(10.0, 0.16 * span), high * std::pow(10.0, 0.10 * span)};
}

/// Steps within a decade, from fine to coarse.
const std::array<std::vector<double>, 4> kSteps = {{
    {1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0, 9.0},
    {1.0, 2.0, 5.0},
    {1.0, 3.0},
    {1.0},
}};

/// Half steps where less than a decade shows, 1-2-5 where few show, 1-3 where more, whole decades where many; coarser
/// where there would be more than `most` of them.
std::vector<double> log_ticks(const Range& range, std::size_t most) {
  const double decades = std::log10(range.high / range.low);
  std::size_t finest = decades > 6.0 ? 3 : decades > 2.5 ? 2 : decades > 0.9 ? 1 : 0;
  const int first = static_cast<int>(std::floor(std::log10(range.low)));
  const int last = static_cast<int>(std::ceil(std::log10(range.high)));
  std::vector<double> ticks;
  for (int stride = 1; stride <= 16; finest + 1 < kSteps.size() ? ++finest : stride *= 2) {
    std::vector<double> coarser;
    for (int exponent = first; exponent <= last; ++exponent) {
      if (exponent % stride != 0) continue;
      for (const double step : kSteps[finest]) {
        const double value = step * std::pow(10.0, exponent);
        if (value >= range.low && value <= range.high) coarser.push_back(value);
      }
    }
    // One label alone tells no scale.
    if (coarser.size() < 2 && ticks.size() >= 2) break;
    ticks = std::move(coarser);
    if (ticks.size() <= most) break;
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
  return std::min(widest + theme.px(24.0F), ImGui::GetContentRegionAvail().x * 0.35F);
}

}  // namespace

double setup_axes(const SeriesSet& set, std::span<const ReferenceLine> references, const LinePlotStyle& style,
                  const Theme& theme, float height, bool refit) {
  constexpr ImPlotAxisFlags quiet = ImPlotAxisFlags_NoHighlight | ImPlotAxisFlags_NoMenus;
  ImPlot::SetupAxes(nullptr, nullptr, quiet | ImPlotAxisFlags_NoGridLines, quiet);
  ImPlot::SetupLegend(ImPlotLocation_NorthEast);
  const Range range = y_range(set, references, style.log_y, style.from_zero);
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
    const float room = height / theme.px(kTickRoom);
    const std::vector<double> ticks = log_ticks(range, static_cast<std::size_t>(std::max(room, 2.0F)));
    if (!ticks.empty()) ImPlot::SetupAxisTicks(ImAxis_Y1, ticks.data(), static_cast<int>(ticks.size()));
  }
  return last;
}

}  // namespace knobscope::gui
