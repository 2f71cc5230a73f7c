// What the results list for the command palette.

#include <algorithm>

#include <fmt/format.h>
#include <imgui.h>
#include <imgui_internal.h>

#include "gui/views/action_list.h"
#include "gui/views/best_strip.h"
#include "gui/views/result_columns.h"
#include "gui/views/results_view.h"
#include "gui/views/series.h"
#include "session/export.h"

namespace knobscope::gui {
namespace {

/// The row `step` places on from the selected one, kept inside; the first where none is; null where there are none.
PointPtr row_beside(const ResultList& list, std::optional<std::int64_t> selected, std::ptrdiff_t step) {
  if (list.size() == 0) return nullptr;
  const auto last = static_cast<std::ptrdiff_t>(list.size()) - 1;
  for (std::ptrdiff_t row = 0; selected && row <= last; ++row) {
    if (list.at(static_cast<std::size_t>(row))->request.id != *selected) continue;
    return list.at(static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(row + step, 0, last)));
  }
  return list.at(0);
}

}  // namespace

void ResultsView::list_actions(ViewContext& context, ActionList& actions) {
  ViewState& state = context.state;
  const bool timed = is_timed(device_kind_of(context.snapshot, state.plan.device));
  actions.add("name the best kernel for this shape",
              when(timed,
                   [this, &context, &state] {
                     follow_best(context);
                     ask_for_best(state, best_);
                   }),
              state.best_shown);
  actions.add("filter the rows", [this] { filter_wanted_ = true; });
  actions.add("show all rows", when(!state.results_filter.empty(), [&state] { state.results_filter.clear(); }));
  for (const int step : {1, -1}) {
    const PointPtr row = row_beside(list_, state.selected_point, step);
    actions.add(step > 0 ? "select the next row" : "select the previous row",
                when(row != nullptr, [&state, row] { select_point(state, *row); }));
  }
  for (const ColumnStyle& style : result_columns()) {
    const ResultColumn column = style.column;
    if (column == ResultColumn::p99) continue;  // which would need every sample of every point
    const bool ascending = column == column_ ? !ascending_ : !style.figure;
    actions.add(fmt::format("sort by {}, {}", style.title, ascending ? "ascending" : "descending"),
                [this, column, ascending] {
                  order_wanted_ = {column, ascending};
                });
  }
  for (std::size_t i = 0; i < result_columns().size(); ++i) {
    const ColumnStyle& style = result_columns()[i];
    const bool is_shown = i < shown_.size() && shown_[i];
    actions.add(fmt::format("{} column {}", is_shown ? "hide" : "show", style.title),
                [this, column = style.column, is_shown] {
                  shown_wanted_ = {column, !is_shown};
                });
  }
  const PointPtr point = focused_point(context.snapshot, state, &context.index);
  actions.add("copy the selected row as CSV", when(point != nullptr, [point] {
                const PointPtr one[] = {point};
                ImGui::SetClipboardText(session::to_csv(one).c_str());
              }));
  actions.add("copy all rows as CSV", when(!context.snapshot.points->empty(), [&context] {
                ImGui::SetClipboardText(session::to_csv(*context.snapshot.points).c_str());
              }));
}

void ResultsView::follow_palette() {
  if (shown_wanted_) ImGui::TableSetColumnEnabled(static_cast<int>(shown_wanted_->first), shown_wanted_->second);
  shown_wanted_.reset();
  if (order_wanted_) {
    ImGui::TableSetColumnSortDirection(
        static_cast<int>(order_wanted_->first),
        order_wanted_->second ? ImGuiSortDirection_Ascending : ImGuiSortDirection_Descending, false);
  }
  order_wanted_.reset();
  shown_.assign(result_columns().size(), false);
  for (std::size_t i = 0; i < shown_.size(); ++i) {
    shown_[i] = (ImGui::TableGetColumnFlags(static_cast<int>(i)) & ImGuiTableColumnFlags_IsEnabled) != 0;
  }
}

}  // namespace knobscope::gui
