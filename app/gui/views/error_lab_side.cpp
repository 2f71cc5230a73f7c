#include "gui/views/error_lab_side.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/format.h>

#include "gui/widgets/format_number.h"
#include "gui/widgets/panel.h"
#include "gui/widgets/series_marker.h"

namespace knobscope::gui {
namespace {

constexpr int kLeastBins = 5;  // on each side of the middle, so that ±0.5 ULP is always there

const OutputError* error_of(const ErrorLab& lab, const ErrorSubject& subject) {
  if (subject.region && subject.region->fault.empty()) return &subject.region->error;
  return stored_error(lab, *subject.point);
}

std::string ulp_text(double ulp) {
  return ulp < 100.0 ? format_value(ulp, 2) : format_count(static_cast<std::int64_t>(std::min(ulp, 9e18)));
}

struct Figure {
  std::string label;
  std::string (*text)(const OutputError&);
  bool hot = false;  ///< said in the colour of what is wrong
};

std::vector<Figure> figures_of(const OutputError& error) {
  const bool fails = error.failing > 0;
  std::vector<Figure> figures;
  if (fails) {
    figures.push_back({"failing", [](const OutputError& each) { return format_count(each.failing); }, true});
  }
  figures.push_back({"max abs", [](const OutputError& each) { return format_error(each.max_abs); }, fails});
  if (error.nonfinite > 0) {
    figures.push_back({"not finite", [](const OutputError& each) { return format_count(each.nonfinite); }, true});
  }
  if (error.unwritten > 0) {
    figures.push_back({"unwritten", [](const OutputError& each) { return format_count(each.unwritten); }, true});
  }
  figures.push_back({"max ULP", [](const OutputError& each) { return ulp_text(each.max_ulp); }});
  figures.push_back({"rel L2", [](const OutputError& each) { return format_error(each.relative_l2); }});
  figures.push_back({"rms", [](const OutputError& each) { return format_error(each.rms); }});
  figures.push_back({"max rel", [](const OutputError& each) { return format_error(each.max_rel); }});
  return figures;
}

/// Position of a bin's edge among those that are shown, 0 to 1.
struct BinAxis {
  int first = 0;
  int last = 0;
  ImVec2 origin;
  ImVec2 size;

  float x(int bin) const {
    return origin.x + size.x * static_cast<float>(bin - first) / static_cast<float>(last - first + 1);
  }
};

void draw_ticks(const Theme& theme, const BinAxis& axis) {
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float height = text_size::caption * theme.scale;
  struct Tick {
    int steps;  // from the middle, where a bin begins on the positive side
    const char* text;
  };
  constexpr Tick ticks[] = {{3, "0.5"},
                            {kEvenUlpBins + 1, "4"},
                            {kEvenUlpBins + 6, "2⁷"},
                            {kEvenUlpBins + 11, "2¹²"},
                            {kEvenUlpBins + 19, "2²⁰"}};
  const float middle = (axis.x(kUlpMiddle) + axis.x(kUlpMiddle + 1)) / 2.0F;
  const float y = axis.origin.y + axis.size.y;
  const auto put = [&](const std::string& text, float x) {
    const float width = text_width(theme.fonts.figures, text_size::caption, text);
    list->AddText(theme.fonts.figures, height, {x - width / 2.0F, y + theme.px(3.0F)}, packed(theme.quiet),
                  text.c_str());
  };
  list->AddLine({middle, axis.origin.y}, {middle, y}, packed(theme.line));
  put("0", middle);
  float taken = middle + theme.px(8.0F);
  for (const Tick& tick : ticks) {
    const float right = axis.x(kUlpMiddle + tick.steps);
    const float left = axis.x(kUlpMiddle + 1 - tick.steps);
    const float half = text_width(theme.fonts.figures, text_size::caption, std::string("-") + tick.text) / 2.0F;
    if (right + half > axis.origin.x + axis.size.x + theme.px(2.0F)) break;
    list->AddLine({right, axis.origin.y}, {right, y}, packed(theme.faint_line));
    list->AddLine({left, axis.origin.y}, {left, y}, packed(theme.faint_line));
    if (right - half < taken + theme.px(4.0F)) continue;
    put(tick.text, right);
    put(std::string("−") + tick.text, left);
    taken = right + half;
  }
}

std::string range_text(int bin) {
  const UlpRange range = range_of_bin(bin);
  if (std::isinf(range.low)) return "below " + format_value(range.high, 6, "ULP");
  if (std::isinf(range.high)) return "above " + format_value(range.low, 6, "ULP");
  return fmt::format("{} to {}", format_value(range.low, 3), format_value(range.high, 3, "ULP"));
}

void bin_tip(const Theme& theme, std::span<const ErrorSubject> subjects, int bin) {
  if (!begin_tip(theme)) return;
  text_in(theme.fonts.strong_figures, text_size::small, theme.strong, range_text(bin));
  for (const ErrorSubject& subject : subjects) {
    if (!subject.region || subject.region->histogram.empty()) continue;
    const std::int64_t count = subject.region->histogram[static_cast<std::size_t>(bin)];
    const double share =
        static_cast<double>(count) / static_cast<double>(std::max<std::int64_t>(subject.region->error.elements, 1));
    if (subjects.size() > 1) text_in(theme.fonts.strong, text_size::small, theme.text, subject.point->variant_title);
    text_in(theme.fonts.figures, text_size::small, theme.quiet,
            fmt::format("{} elements, {}", format_count(count), format_percent(share)));
  }
  end_tip();
}

}  // namespace

std::optional<std::pair<int, int>> shown_bins(std::span<const UlpHistogram* const> histograms) {
  int furthest = -1;
  for (const UlpHistogram* histogram : histograms) {
    for (int bin = 0; bin < static_cast<int>(histogram->size()); ++bin) {
      if ((*histogram)[static_cast<std::size_t>(bin)] > 0) furthest = std::max(furthest, std::abs(bin - kUlpMiddle));
    }
  }
  if (furthest < 0) return std::nullopt;
  const int steps = std::clamp(furthest + 1, kLeastBins, kUlpMiddle);
  return std::pair{kUlpMiddle - steps, kUlpMiddle + steps};
}

void draw_error_figures(const ViewContext& context, const ErrorLab& lab, std::span<const ErrorSubject> subjects,
                        int rows) {
  const Theme& theme = context.theme;
  const OutputError* first = error_of(lab, subjects.front());
  if (first == nullptr) return;
  const bool two = subjects.size() > 1;
  const float width = ImGui::GetContentRegionAvail().x;
  for (const ErrorSubject& subject : subjects) {
    series_marker(theme, subject.slot);
    text_in(theme.fonts.strong, text_size::small, theme.text,
            shortened_between(theme.fonts.strong, text_size::small, subject.point->variant_title,
                              ImGui::GetContentRegionAvail().x));
  }
  const OutputError* second = two ? error_of(lab, subjects[1]) : nullptr;
  const float second_column = std::max(width * 0.66F, theme.px(132.0F));
  if (second != nullptr) {
    // Whose figures stand below.
    const ImVec2 at = ImGui::GetCursorScreenPos();
    ImDrawList* list = ImGui::GetWindowDrawList();
    const float middle = at.y + theme.px(6.0F);
    draw_series_marker(list, theme, {at.x + theme.px(78.0F), middle}, theme.px(4.0F), subjects[0].slot);
    draw_series_marker(list, theme, {at.x + second_column + theme.px(6.0F), middle}, theme.px(4.0F), subjects[1].slot);
    ImGui::Dummy({width, theme.px(12.0F)});
  }
  // What either of the two has to say is said of both.
  std::vector<Figure> figures = figures_of(*first);
  if (second != nullptr && second->failing > first->failing) figures = figures_of(*second);
  if (static_cast<int>(figures.size()) > rows) figures.resize(static_cast<std::size_t>(std::max(rows, 1)));
  for (const Figure& figure : figures) {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    stat_row(theme, figure.label, figure.text(*first), figure.hot && first->failing > 0 ? &theme.wrong.ink : nullptr);
    if (second == nullptr) continue;
    ImGui::SameLine();
    ImGui::SetCursorScreenPos({at.x + second_column, at.y});
    const ImVec4& ink = figure.hot && second->failing > 0 ? theme.wrong.ink : theme.strong;
    text_in(theme.fonts.strong_figures, text_size::small, ink, figure.text(*second));
  }
}

void draw_ulp_histogram(const ViewContext& context, std::span<const ErrorSubject> subjects, ImVec2 size) {
  const Theme& theme = context.theme;
  std::vector<const UlpHistogram*> histograms;
  for (const ErrorSubject& subject : subjects) {
    if (subject.region && !subject.region->histogram.empty()) histograms.push_back(&subject.region->histogram);
  }
  const auto shown = shown_bins(histograms);
  const float labels = text_size::caption * theme.scale;
  const float title = labels + theme.px(4.0F);
  if (!shown || size.y < title + labels + theme.px(24.0F)) return;
  text_in(theme.fonts.words, text_size::caption, theme.quiet, "error in ULP, counts log");
  const ImVec2 origin = ImGui::GetCursorScreenPos();
  const BinAxis axis = {shown->first, shown->second, origin, {size.x, size.y - title - labels - theme.px(6.0F)}};
  ImGui::InvisibleButton("histogram", {axis.size.x, axis.size.y + labels + theme.px(4.0F)});
  const bool hovered = ImGui::IsItemHovered();
  ImDrawList* list = ImGui::GetWindowDrawList();
  draw_ticks(theme, axis);
  double most = 1.0;
  for (const UlpHistogram* histogram : histograms) {
    most = std::max(most, static_cast<double>(*std::ranges::max_element(*histogram)));
  }
  const float floor = origin.y + axis.size.y;
  const auto top_of = [&](std::int64_t count) {
    const double share = std::log1p(static_cast<double>(count)) / std::log1p(most);
    return floor - static_cast<float>(share) * axis.size.y;
  };
  bool filled = false;
  for (const ErrorSubject& subject : subjects) {
    if (!subject.region || subject.region->histogram.empty()) continue;
    const ImVec4 color = theme.series_style(subject.slot).color;
    ImVec2 before = {axis.x(axis.first), floor};
    for (int bin = axis.first; bin <= axis.last; ++bin) {
      const float top = top_of(subject.region->histogram[static_cast<std::size_t>(bin)]);
      const ImVec2 left = {axis.x(bin), top};
      const ImVec2 right = {axis.x(bin + 1), top};
      if (!filled) {
        const float gap = right.x - left.x > 4.0F ? 1.0F : 0.0F;  // narrower bars would flicker
        if (top < floor) list->AddRectFilled(left, {right.x - gap, floor}, packed(color));
        continue;
      }
      list->AddLine(before, left, packed(color), theme.px(1.5F));
      list->AddLine(left, right, packed(color), theme.px(1.5F));
      before = right;
    }
    filled = true;
  }
  list->AddLine({origin.x, floor}, {origin.x + axis.size.x, floor}, packed(theme.line));
  if (!hovered) return;
  const float at =
      (ImGui::GetIO().MousePos.x - origin.x) / axis.size.x * static_cast<float>(axis.last - axis.first + 1);
  bin_tip(theme, subjects, std::clamp(axis.first + static_cast<int>(at), axis.first, axis.last));
}

}  // namespace knobscope::gui
