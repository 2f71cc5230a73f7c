#include "gui/views/compare_lens.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "gui/views/baselines.h"
#include "gui/views/lenses.h"
#include "gui/widgets/format_number.h"
#include "gui/widgets/panel.h"
#include "gui/widgets/verdict_badge.h"

namespace knobscope::gui {
namespace {

constexpr double kFarApart = 3.0;  ///< the largest ratio over the smallest
/// What a frame may spend on comparing; the next one goes on.
constexpr std::chrono::milliseconds kPatience{6};

/// "2 BROKEN, 3 SLOWER"
std::string tally_of(const CompareRows& rows) {
  std::vector<std::string> parts;
  const auto add = [&parts](std::int64_t count, std::string_view what) {
    if (count > 0) parts.push_back(fmt::format("{} {}", format_count(count), what));
  };
  add(rows.broken(), "BROKEN");
  for (const Change change : {Change::slower, Change::undecided, Change::faster, Change::same}) {
    add(rows.count(change), name_of(change));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string summary_of(const CompareRows& rows, const std::string& tally, const std::string& over) {
  std::string text = fmt::format("time over {} · {}", over, tally);
  const auto words = [](std::size_t count) { return format_count(static_cast<std::int64_t>(count)); };
  if (rows.waiting > 0) text += fmt::format(" · {} more are being compared", words(rows.waiting));
  if (rows.left_out > 0) text += fmt::format(" · {} slower points not compared", words(rows.left_out));
  return text;
}

/// Green, red and yellow as verdicts have them; quiet for what is the same.
Tint tint_of(const ComparedPoint& row, const Theme& theme) {
  if (row.broken) return theme.wrong;
  switch (row.comparison.change) {
    case Change::faster:
      return theme.pass;
    case Change::slower:
      return theme.wrong;
    case Change::undecided:
      return theme.noisy;
    case Change::same:
      break;
  }
  return {theme.quiet, theme.raised};
}

void row_tip(const Theme& theme, const ComparedPoint& row) {
  point_tip(theme, *row.next);
  if (!begin_tip(theme)) return;
  badge(theme, tint_of(row, theme), "", row.word());
  if (const auto& ratio = row.comparison.ratio) {
    text_in(theme.fonts.figures, text_size::small, theme.text,
            fmt::format("{} ratio {} ({} … {})", name_of(row.timing), format_value(ratio->estimate, 4),
                        format_value(ratio->low, 4), format_value(ratio->high, 4)));
  }
  if (!row.reason.empty()) text_in(theme.fonts.words, text_size::small, theme.quiet, row.reason);
  end_tip();
}

}  // namespace

void CompareLens::follow(const ViewContext& context) {
  const ViewState& state = context.state;
  Made made{context.snapshot.points,
            context.snapshot.catalog,
            state.base_session,
            state.baseline_point,
            state.plan,
            state.ticked};
  const bool is_made = made_ == made;
  if (is_made && rows_.waiting == 0) return;
  if (!is_made && state.base_session) {
    comparer_.choose_sessions(*state.base_session, context.snapshot, state);
  } else if (!is_made) {
    const auto baseline = [&context](const Point& point) { return baseline_of(context, point); };
    comparer_.choose(context.snapshot, state, baseline, &context.index);
  }
  made_ = std::move(made);
  const CompareRows& now = comparer_.go_on(kPatience);
  if (is_made && now.rows.size() == rows_.rows.size()) {
    rows_.waiting = now.waiting;
    return;
  }
  rows_ = now;
  tally_ = tally_of(rows_);
  set_ = series_of(rows_, context.snapshot, state, &context.index);
}

LinePlotStyle CompareLens::style_of(bool two_sessions) const {
  LinePlotStyle style;
  style.format_y = format_ratio_tick;
  style.x_title = "order";
  style.y_title = two_sessions ? "ratio of sessions" : "ratio over the baseline";
  style.joined = false;
  // Ratios of a few hundredths are read evenly, those of many times by powers.
  style.log_y = set_.y_min && set_.y_max && *set_.y_max > kFarApart * *set_.y_min;
  style.from_zero = false;
  return style;
}

void CompareLens::draw(ViewContext& context) {
  follow(context);
  context.state.busy = context.state.busy || rows_.waiting > 0;
  ImGui::NewLine();  // the tabs leave the line open
  const Theme& theme = context.theme;
  const bool two_sessions = context.state.base_session != nullptr;
  if (rows_.rows.empty()) {
    empty_state(theme, "Nothing to compare with",
                two_sessions ? "No point is in both sessions for this operation and device."
                             : "Select a point and press B: all others are compared with it. Or drop an older session "
                               "here, and the same points of both are.");
    return;
  }
  const std::string over = two_sessions ? context.state.base_name : "the baseline";
  panel_note(theme, summary_of(rows_, tally_, over));
  const LinePlotStyle style = style_of(two_sessions);
  const double most = 1.0 + rows_.threshold;
  const std::array<ReferenceLine, 3> references = {ReferenceLine{most, "slower above", theme.wrong.ink},
                                                   ReferenceLine{1.0, "same", theme.quiet},
                                                   ReferenceLine{1.0 / most, "faster below", theme.pass.ink}};
  const LinePlotResult result =
      plot_.draw("##compare", set_, references, std::nullopt, context.state.selected_point, style, theme);
  if (result.hovered) {
    const auto row = std::ranges::find(rows_.rows, result.hovered, &ComparedPoint::next);
    if (row != rows_.rows.end()) row_tip(theme, *row);
  }
  if (result.clicked) select_point(context.state, *result.clicked);
}

}  // namespace knobscope::gui
