#include "gui/views/column_filter_row.h"

#include <cstdlib>

#include <fmt/format.h>
#include <imgui.h>
#include <misc/cpp/imgui_stdlib.h>

#include "gui/theme.h"
#include "gui/widgets/panel.h"

namespace knobscope::gui {
namespace {

void field(const Theme& theme, const ColumnStyle& column, std::string& text) {
  ImGui::SetNextItemWidth(-1.0F);
  ImGui::InputTextWithHint("##column filter", column.has_range() ? "< 1, 2..3" : "words", &text);
  if (!ImGui::IsItemHovered()) return;
  const bool with_unit = *column.usual_unit != 0;
  show_tip(theme, column.has_range()
                      ? fmt::format("Figures: < 200, >= 90, 100..200, with any unit{}{}. Words are looked for.",
                                    with_unit ? "; without one, " : "", column.usual_unit)
                      : "Every word must be found in the cell.");
}

double three_digits(double figure) { return std::strtod(fmt::format("{:.2e}", figure).c_str(), nullptr); }

void track(const Theme& theme, const ColumnStyle& column, const FigureSpread& spread, std::string& text,
           RangeDrag& drag) {
  std::optional<FigureRange> range = read_range(text, column.usual_unit);
  if (range_track(theme, "##column range", spread, range, ImGui::GetContentRegionAvail().x, drag)) {
    text = write_range(range.value_or(FigureRange{}), column.usual_unit);
  }
  if (!ImGui::IsItemHovered() || ImGui::IsItemActive() || spread.scale.is_flat()) return;
  const FigureScale& scale = spread.scale;
  const FigureRange extent{three_digits(scale.lowest()), three_digits(scale.highest())};
  show_tip(theme, fmt::format("Drag an end, or across the track, to keep what lies between: {} in all{}. Double-click "
                              "takes it away. Arrow keys move the upper end, with Shift the lower one.",
                              write_range(extent, column.usual_unit), scale.by_powers() ? ", by powers of ten" : ""));
}

}  // namespace

void column_filter_row(ViewContext& context, ResultList& list, RangeDrag& drag) {
  const Theme& theme = context.theme;
  ImGui::TableNextRow();
  ImGui::PushFont(theme.fonts.figures, text_size::small);
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, ImVec2{theme.px(4.0F), theme.px(2.0F)});
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2{theme.px(4.0F), theme.px(2.0F)});
  int index = 0;
  for (const ColumnStyle& column : result_columns()) {
    if (!ImGui::TableSetColumnIndex(index++)) continue;
    std::string& text = context.state.column_filters[column.title];
    ImGui::PushID(column.title);
    field(theme, column, text);
    if (column.has_range()) track(theme, column, list.spread(context, column.column), text, drag);
    ImGui::PopID();
  }
  ImGui::PopStyleVar(2);
  ImGui::PopFont();
}

}  // namespace knobscope::gui
