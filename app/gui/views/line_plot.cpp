#include "gui/views/line_plot.h"

#include <fmt/format.h>
#include <imgui.h>
#include <implot.h>

#include "gui/views/plot_axes.h"
#include "gui/views/plot_drawing.h"
#include "gui/widgets/format_number.h"
#include "gui/widgets/panel.h"

namespace knobscope::gui {
namespace {

bool moved_now() {
  return ImPlot::IsPlotHovered() &&
         (ImGui::IsMouseDragging(ImGuiMouseButton_Left) || ImGui::GetIO().MouseWheel != 0.0F);
}

PointPtr point_in(const SeriesSet& set, std::optional<std::int64_t> id) {
  if (!id) return nullptr;
  for (const Series& line : set.lines) {
    for (const SeriesPoint& each : line.points) {
      if (each.point && each.point->request.id == *id) return each.point;
    }
  }
  return nullptr;
}

}  // namespace

std::optional<PlotSpan> LinePlot::follow_keys(const FocusStop& stop, const SeriesSet& set,
                                              std::optional<std::int64_t> selected, bool log_y,
                                              LinePlotResult& result) {
  if (!stop.focused || !ImGui::GetIO().NavVisible) return std::nullopt;
  own_keys(stop.id, {ImGuiKey_Home});
  const ArrowSteps steps = take_arrows(stop.id);
  result.hovered = point_in(set, selected);
  const auto pressed = [](ImGuiKey key, ImGuiKey other) {
    return !ImGui::GetIO().KeyCtrl && (ImGui::IsKeyPressed(key) || ImGui::IsKeyPressed(other));
  };
  if (pressed(ImGuiKey_Equal, ImGuiKey_KeypadAdd)) return zoomed(span_, 1, log_y);
  if (pressed(ImGuiKey_Minus, ImGuiKey_KeypadSubtract)) return zoomed(span_, -1, log_y);
  if (ImGui::IsKeyPressed(ImGuiKey_Home)) moved_by_hand_ = false;
  if (steps.right == 0 && steps.down == 0) return std::nullopt;
  if (ImGui::GetIO().KeyShift) return moved(span_, steps.right, -steps.down, log_y);
  result.clicked = point_beside(set, selected, steps.right, -steps.down);
  return std::nullopt;
}

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
  const float height = ImGui::GetContentRegionAvail().y;
  ImGui::PushID(id);
  const FocusStop stop = focus_stop("keys", ImGui::GetCursorScreenPos(), ImGui::GetContentRegionAvail());
  ImGui::PopID();
  const std::optional<PlotSpan> wanted = follow_keys(stop, set, selected, style.log_y, result);
  if (wanted) moved_by_hand_ = true;
  if (ImPlot::BeginPlot(id, ImVec2(-1.0F, -1.0F), flags)) {
    const double end = setup_axes(set, references, style, theme, height, !moved_by_hand_);
    if (wanted) {
      ImPlot::SetupAxesLimits(wanted->left, wanted->right, wanted->bottom, wanted->top, ImPlotCond_Always);
    }
    ImPlot::SetupFinish();
    const ImPlotRect limits = ImPlot::GetPlotLimits();
    span_ = {limits.X.Min, limits.X.Max, limits.Y.Min, limits.Y.Max};
    ImPlot::PushPlotClipRect(theme.px(8.0F));
    draw_references(ImPlot::GetPlotDrawList(), references, end, style, theme);
    PlotDrawing drawing(set, style, theme, selected);
    if (style.joined) drawing.bands();
    for (const ReferenceCurve& curve : style.curves) drawing.curve(curve);
    if (style.curve_list) drawing.curve_list(style.curves);
    drawing.path(style.path);
    drawing.lines();
    drawing.names(style.path);
    if (live) drawing.live(*live);
    drawing.detail_note();
    ImPlot::PopPlotClipRect();

    if (moved_now()) moved_by_hand_ = true;
    if (ImPlot::IsPlotHovered()) {
      if (ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left)) moved_by_hand_ = false;
      result.hovered = drawing.nearest();
      result.beside = drawing.beside_nearest();
      if (ImGui::IsMouseClicked(ImGuiMouseButton_Left)) {
        result.clicked = drawing.nearest();
        result.clicked_position = ImPlot::GetPlotMousePos().x;
      }
    }
    ImPlot::EndPlot();
  }
  ImGui::PopStyleVar();
  ImGui::PopFont();
  return result;
}

void plot_tip(const Theme& theme, const LinePlotResult& result, const std::string& more) {
  if (!result.hovered) return;
  point_tip(theme, *result.hovered, more);
  if (result.beside == 0 || !begin_tip(theme)) return;
  text_in(theme.fonts.words, text_size::small, theme.quiet,
          fmt::format("and {} more under this mark: zoom in to tell them apart",
                      format_count(static_cast<std::int64_t>(result.beside))));
  end_tip();
}

}  // namespace knobscope::gui
