#include "gui/views/point_card.h"

#include <fmt/format.h>

#include "core/environment_words.h"
#include "gui/widgets/format_number.h"
#include "gui/widgets/panel.h"
#include "gui/widgets/tail_figure.h"
#include "gui/widgets/verdict_badge.h"

namespace knobscope::gui {
namespace {

constexpr const char* kThinSpace = "\u2009";

/// p95 and p99; of what was recorded without samples, nothing.
void draw_tail(const Theme& theme, const Point& point) {
  const Samples& samples = point.samples(*point.headline_timing());
  if (!samples || samples->empty()) return;
  text_in(
      theme.fonts.figures, text_size::small, theme.text,
      fmt::format("p95 {} · {} samples ·", format_time(point.headline()->p95), format_count(point.headline()->count)));
  ImGui::SameLine(0.0F, theme.px(6.0F));
  text_in(theme.fonts.figures, text_size::small, p99_ink(theme, point.headline()->count),
          "p99 " + format_p99(*samples));
}

/// What it was measured among.
void draw_environment(const Theme& theme, const Point& point) {
  const auto line = [&](const std::string& words) {
    if (!words.empty()) text_in(theme.fonts.words, text_size::small, theme.quiet, words);
  };
  line(clocks_in_words(point.environment, kThinSpace));
  line(settings_in_words(point.environment));
  if (const auto shared = sharing_in_words(point.environment)) {
    text_in(theme.fonts.words, text_size::small, theme.noisy.ink, *shared);
  }
}

}  // namespace

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
    draw_tail(theme, point);
  }
  if (point.window && point.window != WindowState::none) {
    text_in(theme.fonts.words, text_size::small, theme.quiet,
            point.window == WindowState::live ? "the window drew on this GPU while it was timed"
                                              : "the window stood still while it was timed");
  }
  draw_environment(theme, point);
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
