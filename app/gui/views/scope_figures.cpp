#include "gui/views/scope_figures.h"

#include <array>

#include <fmt/format.h>

#include "core/statistics.h"
#include "gui/widgets/format_number.h"
#include "gui/widgets/panel.h"
#include "gui/widgets/tail_figure.h"

namespace knobscope::gui {
namespace {

struct Figure {
  const char* name;
  std::string_view value;
  ImVec4 ink;
  std::string tip;
};

float width_of(const Theme& theme, const Figure& figure) {
  return text_width(theme.fonts.words, text_size::small, figure.name) + theme.px(4.0F) +
         text_width(theme.fonts.figures, text_size::small, figure.value);
}

/// Name and value as one item.
void draw_figure(const Theme& theme, const Figure& figure, float width) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float size = text_size::small * theme.scale;
  ImGui::InvisibleButton(figure.name, {width, size}, ImGuiButtonFlags_EnableNav);
  if (ImGui::IsItemHovered()) show_tip(theme, figure.tip);
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddText(theme.fonts.words, size, at, packed(theme.quiet), figure.name);
  const float value_x = at.x + width - text_width(theme.fonts.figures, text_size::small, figure.value);
  list->AddText(theme.fonts.figures, size, {std::floor(value_x), at.y}, packed(figure.ink), figure.value.data(),
                figure.value.data() + figure.value.size());
}

}  // namespace

ScopeFigures figures_of(const ScopeTrace& trace) {
  ScopeFigures figures;
  const ScopeSeries* series = trace.first_counted();
  const std::int64_t discarded = trace.discarded();
  if (series == nullptr) {
    if (discarded > 0) figures.headline = {fmt::format("≋ none of {} samples accepted", format_count(discarded))};
    return figures;
  }
  const std::vector<double>& samples = *series->samples;
  const auto summary = summarize(samples);
  const double half = (summary->ci_high - summary->ci_low).count() / 2.0;
  figures.headline = {format_time_within(summary->median, Nanoseconds(half))};
  if (discarded > 0) figures.headline.push_back(fmt::format("≋ {} discarded", format_count(discarded)));
  figures.headline.push_back(fmt::format("{} samples", format_count(summary->count)));
  figures.headline.push_back(fmt::format("CV {}", format_percent(summary->cv)));
  figures.samples = summary->count;
  figures.iqr = format_time(Nanoseconds(*quantile(samples, 0.75) - *quantile(samples, 0.25)));
  figures.p95 = format_time(summary->p95);
  figures.p99 = format_p99(samples);
  return figures;
}

void draw_figures(const Theme& theme, const ScopeFigures& figures) {
  if (figures.samples == 0) return;
  const std::array<Figure, 3> all = {
      Figure{"IQR", figures.iqr, theme.text, "IQR: the middle half of the samples lies within it (q3 − q1)."},
      Figure{"p95", figures.p95, theme.text, "p95: 95 of 100 samples took no longer."},
      Figure{"p99", figures.p99, p99_ink(theme, figures.samples), p99_in_words(figures.samples)}};
  const float gap = theme.px(12.0F);
  ImGui::SameLine(0.0F, gap);
  const float left = ImGui::GetCursorScreenPos().x;
  const float right = left + ImGui::GetContentRegionAvail().x;
  // The tail is what nothing else tells, so it stays longest.
  float needed = 0.0F;
  std::size_t first = all.size();
  while (first > 0 && needed + width_of(theme, all[first - 1]) + gap <= right - left) {
    needed += width_of(theme, all[--first]) + gap;
  }
  float x = right - needed + gap;
  for (std::size_t i = first; i < all.size(); ++i) {
    const float width = width_of(theme, all[i]);
    if (i > first) ImGui::SameLine(0.0F, 0.0F);
    ImGui::SetCursorScreenPos({std::floor(x), ImGui::GetCursorScreenPos().y});
    draw_figure(theme, all[i], width);
    x += width + gap;
  }
  if (first == all.size()) ImGui::NewLine();
}

}  // namespace knobscope::gui
