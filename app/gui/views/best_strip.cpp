#include "gui/views/best_strip.h"

#include <algorithm>

#include <fmt/format.h>
#include <imgui.h>

#include "gui/views/line_plot.h"
#include "gui/views/matching.h"
#include "gui/views/point_index.h"
#include "gui/views/series.h"
#include "gui/widgets/chip.h"
#include "gui/widgets/format_number.h"
#include "gui/widgets/panel.h"
#include "gui/widgets/segmented.h"
#include "gui/widgets/series_marker.h"
#include "gui/widgets/verdict_badge.h"

namespace knobscope::gui {
namespace {

constexpr const char* kAsk = "Best for this shape";
constexpr const char* kExport = "Export header…";

Problem problem_of(const Plan& plan) {
  Problem problem;
  problem.operation = plan.operation;
  problem.shape = plan.shapes.front();
  problem.normalized_dims = plan.normalized_dims;
  problem.type = plan.types.front();
  problem.distribution = plan.distributions.front();
  problem.layout = family_of(plan.operation) == Family::batchnorm ? plan.layout : Layout::nchw;
  problem.activation = plan.operation == Operation::layernorm_forward ? plan.activation : Activation::none;
  return problem;
}

/// A kernel whose file is gone is nobody's best.
bool can_run_again(const Snapshot& snapshot, const Point& point) {
  const std::string& variant = point.request.variant;
  return snapshot.catalog->find(variant) != nullptr && source_is_current(*snapshot.catalog, variant, point.source_hash);
}

std::string name_of_point(const Point& point) {
  const std::string knobs = format_knobs(point.request.knobs);
  return point.variant_name + (knobs.empty() ? "" : " " + knobs);
}

std::string timed_name(const Point& point) {
  return fmt::format("{} ({})", name_of_point(point), format_time(point.headline()->median));
}

std::string second_line(const BestEntry& best) {
  if (best.ties > 0) {
    std::string text = "ties with ";
    bool first = true;
    for (const PointPtr& point : best.tied()) {
      text += (first ? "" : ", ") + timed_name(*point);
      first = false;
    }
    return text;
  }
  const PointPtr next = best.runner_up();
  if (!next) return "nothing else that is right was timed on this shape";
  const double slower = next->headline()->median / best.winner().headline()->median - 1.0;
  return fmt::format("runner-up {}, {} slower", timed_name(*next), format_percent(slower));
}

/// The whole of it, which the strip may have cut.
void second_line_tip(const Theme& theme, const BestEntry& best, const std::string& text) {
  if (!ImGui::IsItemHovered() || !begin_tip(theme)) return;
  if (best.ties == 0) {
    text_in(theme.fonts.words, text_size::small, theme.text, text);
  } else {
    text_in(theme.fonts.words, text_size::small, theme.quiet,
            "A tie: the 95\u2009% intervals overlap, or the medians are within 1\u2009%.");
  }
  for (const PointPtr& point : best.tied()) {
    text_in(theme.fonts.figures, text_size::small, theme.text, timed_name(*point));
  }
  end_tip();
}

}  // namespace

std::optional<BestEntry> best_for(const Snapshot& snapshot, const ViewState& state) {
  if (state.plan.shapes.empty() || state.plan.types.empty() || state.plan.distributions.empty()) return std::nullopt;
  const Problem problem = problem_of(state.plan);
  std::vector<PointPtr> points;
  std::string device_name;
  for (const PointPtr& point : *snapshot.points) {
    if (point->request.device != state.plan.device || point->request.problem.operation != problem.operation) continue;
    device_name = point->environment.device_name;
    if (state.recorded || can_run_again(snapshot, *point)) points.push_back(point);
  }
  return find_best(points, key_of(problem, state.plan.device, device_name), problem);
}

std::string_view best_mark(const std::optional<BestEntry>& best, const Point& point) {
  if (!best) return {};
  if (best->winner().request.id == point.request.id) return "best";
  const auto tied = best->tied();
  const bool ties = std::any_of(tied.begin(), tied.end(),
                                [&](const PointPtr& other) { return other->request.id == point.request.id; });
  return ties ? "tie" : std::string_view();
}

void ask_for_best(ViewState& state, const std::optional<BestEntry>& best) {
  state.best_shown = !state.best_shown;
  if (!state.best_shown || !best) return;
  select_point(state, best->winner());
  for (const auto& [name, value] : best->winner().request.knobs) state.knobs.insert_or_assign(name, value);
}

void best_buttons(ViewContext& context, const std::optional<BestEntry>& best) {
  const Theme& theme = context.theme;
  const float gap = theme.px(8.0F);
  const float width = button_width(theme, kAsk) + gap + button_width(theme, kExport);
  const float right = ImGui::GetWindowPos().x + ImGui::GetWindowContentRegionMax().x;
  if (ImGui::GetItemRectMax().x + theme.px(16.0F) + width <= right) {
    ImGui::SameLine();
    ImGui::SetCursorScreenPos({right - width, ImGui::GetCursorScreenPos().y});
  }
  const ButtonKind kind = context.state.best_shown ? ButtonKind::primary : ButtonKind::plain;
  if (button(theme, "best", kAsk, {}, kind)) ask_for_best(context.state, best);
  if (ImGui::IsItemHovered() && begin_tip(theme)) {
    text_in(theme.fonts.words, text_size::small, theme.text,
            "Names the fastest variant and knobs that passed on the shape, type and device that are set.");
    end_tip();
  }
  ImGui::SameLine(0.0F, gap);
  if (button(theme, "export header", kExport)) context.state.header_requested = true;
  if (ImGui::IsItemHovered() && begin_tip(theme)) {
    text_in(theme.fonts.words, text_size::small, theme.text,
            "Writes a C++ header that picks variant and knobs by shape, from all points that are shown.");
    end_tip();
  }
}

void best_strip(ViewContext& context, const std::optional<BestEntry>& best) {
  const Theme& theme = context.theme;
  if (!best) {
    text_wrapped_in(theme.fonts.words, text_size::body, theme.quiet,
                    "Nothing right has been timed yet on the shape, type and device that are set.");
    return;
  }
  const Point& winner = best->winner();
  badge(theme, theme.pass, theme.verdict_style(Verdict::pass).mark, "best");
  ImGui::SameLine(0.0F, theme.px(10.0F));
  const DeviceKind kind = device_kind_of(context.snapshot, winner.request.device);
  const auto slots = series_slots(context.snapshot, winner.request.problem.operation, kind, &context.index);
  const auto slot = slots.find(winner.request.variant);
  series_marker(theme, slot == slots.end() ? 0 : slot->second);
  ImGui::SameLine(0.0F, theme.px(8.0F));
  std::string figures = format_time(winner.headline()->median);
  if (winner.bandwidth()) figures += " · " + format_rate(winner.bandwidth());
  if (winner.copy_fraction()) figures += fmt::format(" · {} of copy", format_percent(winner.copy_fraction()));
  if (best->noisy) figures += " · noisy";
  const float right = ImGui::GetWindowPos().x + ImGui::GetWindowContentRegionMax().x;
  const float figures_width = text_width(theme.fonts.figures, text_size::body, figures);
  const float room = right - ImGui::GetCursorScreenPos().x - figures_width - theme.px(16.0F);
  text_in(theme.fonts.strong, text_size::body, theme.strong,
          shortened(theme.fonts.strong, text_size::body, name_of_point(winner), room));
  if (ImGui::IsItemHovered()) point_tip(theme, winner);
  ImGui::SameLine(0.0F, theme.px(16.0F));
  text_in(theme.fonts.figures, text_size::body, theme.text, figures);
  const std::string second = second_line(*best);
  // Beside the winner where it fits there, and where a line less of the table would be too much.
  const float gap = theme.px(16.0F);
  const float beside = right - ImGui::GetItemRectMax().x - gap;
  const bool fits = text_width(theme.fonts.words, text_size::small, second) <= beside;
  if (fits || (ImGui::GetContentRegionAvail().y < theme.px(140.0F) && beside > theme.px(160.0F))) {
    ImGui::SameLine(0.0F, gap);
  }
  text_in(theme.fonts.words, text_size::small, theme.quiet,
          shortened(theme.fonts.words, text_size::small, second, right - ImGui::GetCursorScreenPos().x));
  second_line_tip(theme, *best, second);
}

}  // namespace knobscope::gui
