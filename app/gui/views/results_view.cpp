#include "gui/views/results_view.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <imgui.h>
#include <misc/cpp/imgui_stdlib.h>

#include "gui/views/baselines.h"
#include "gui/views/best_strip.h"
#include "gui/views/column_filter_row.h"
#include "gui/views/line_plot.h"
#include "gui/views/point_index.h"
#include "gui/views/quantities.h"
#include "gui/views/series.h"
#include "gui/widgets/chip.h"
#include "gui/widgets/format_number.h"
#include "gui/widgets/panel.h"
#include "gui/widgets/series_marker.h"
#include "gui/widgets/tail_figure.h"
#include "gui/widgets/verdict_badge.h"
#include "session/export.h"

namespace knobscope::gui {
namespace {

void verdict_cell(const Theme& theme, const Point& point) {
  verdict_badge(theme, point.verdict);
  if (!point.reason.empty() && ImGui::IsItemHovered()) point_tip(theme, point);
}

void header_row(const Theme& theme) {
  ImGui::TableNextRow(ImGuiTableRowFlags_Headers);
  int index = 0;
  for (const ColumnStyle& column : result_columns()) {
    if (!ImGui::TableSetColumnIndex(index++)) continue;
    ImGui::PushFont(theme.fonts.words, text_size::small);
    ImGui::PushStyleColor(ImGuiCol_Text, theme.quiet);
    if (column.figure) {
      // Table headers are left-aligned; a figure's title stands over its digits.
      const float spare = ImGui::GetContentRegionAvail().x - ImGui::CalcTextSize(column.title).x - theme.px(14.0F);
      if (spare > 0.0F) ImGui::SetCursorPosX(ImGui::GetCursorPosX() + spare);
    }
    ImGui::TableHeader(column.title);
    const bool hovered = ImGui::IsItemHovered();
    ImGui::PopStyleColor();
    ImGui::PopFont();
    if (hovered) show_tip(theme, explanation_of(column.title));
  }
}

void row_menu(ViewContext& context, const PointPtr& point) {
  if (!ImGui::BeginPopupContextItem("row")) return;
  if (ImGui::MenuItem("Set as baseline", "B")) context.state.baseline_point = point->request.id;
  if (ImGui::MenuItem("Copy row as CSV")) {
    const PointPtr one[] = {point};
    ImGui::SetClipboardText(session::to_csv(one).c_str());
  }
  if (ImGui::MenuItem("Copy all rows as CSV")) {
    ImGui::SetClipboardText(session::to_csv(*context.snapshot.points).c_str());
  }
  ImGui::EndPopup();
}

/// Brings the row whose first cell was just drawn to the middle, unless it is in view, below the header.
void reveal_row() {
  const ImDrawList* list = ImGui::GetWindowDrawList();
  const bool in_view =
      ImGui::GetItemRectMin().y >= list->GetClipRectMin().y && ImGui::GetItemRectMax().y <= list->GetClipRectMax().y;
  if (!in_view) ImGui::SetScrollHereY(0.5F);
}

/// `mark`: "best", "tie" or nothing.
void draw_row(ViewContext& context, const PointPtr& point, int slot, const PointPtr& baseline, std::string_view mark,
              bool reveal) {
  const Theme& theme = context.theme;
  ImGui::TableNextRow(0, theme.px(28.0F));
  ImGui::PushID(static_cast<int>(point->request.id));
  int index = 0;
  for (const ColumnStyle& column : result_columns()) {
    if (!ImGui::TableSetColumnIndex(index++)) continue;
    if (column.column == ResultColumn::variant) {
      const bool selected = context.state.selected_point == point->request.id;
      constexpr ImGuiSelectableFlags flags = ImGuiSelectableFlags_SpanAllColumns | ImGuiSelectableFlags_AllowOverlap;
      if (ImGui::Selectable("##row", selected, flags, {0.0F, theme.px(20.0F)})) {
        select_point(context.state, *point);
      }
      if (reveal) reveal_row();
      row_menu(context, point);
      ImGui::SameLine(0.0F, 0.0F);
      series_marker(theme, slot);
      ImGui::SameLine(0.0F, theme.px(8.0F));
      if (!mark.empty()) {
        text_in(theme.fonts.strong, text_size::small, mark == "best" ? theme.accent : theme.quiet, mark);
        ImGui::SameLine(0.0F, theme.px(8.0F));
      }
    }
    if (column.column == ResultColumn::verdict) {
      verdict_cell(theme, *point);
      continue;
    }
    const std::string text = cell_text(*point, column.column, baseline);
    ImFont* font = column.figure || column.column == ResultColumn::knobs || column.column == ResultColumn::type
                       ? theme.fonts.figures
                       : theme.fonts.words;
    if (column.figure) {
      const float right = ImGui::GetCursorScreenPos().x + ImGui::GetContentRegionAvail().x;
      const bool is_p99 = column.column == ResultColumn::p99 && point->headline();
      const ImVec4 ink = is_p99 ? p99_ink(theme, point->headline()->count) : theme.text;
      text_right_in(font, text_size::small, ink, text, right);
      if (is_p99 && ImGui::IsItemHovered()) show_tip(theme, p99_in_words(point->headline()->count));
    } else {
      const float room = ImGui::GetContentRegionAvail().x;
      const std::string fitting = column.column == ResultColumn::variant
                                      ? shortened_between(font, text_size::small, text, room)
                                      : shortened(font, text_size::small, text, room);
      text_in(font, text_size::small, theme.text, fitting);
      if (fitting != text && ImGui::IsItemHovered()) show_tip(theme, text);
    }
  }
  ImGui::PopID();
}

void filter_field(ViewContext& context, std::size_t shown, std::size_t all) {
  const Theme& theme = context.theme;
  ImGui::SetNextItemWidth(theme.px(240.0F));
  ImGui::InputTextWithHint("##filter", "filter: variant, block=256, wrong …", &context.state.results_filter);
  ImGui::SameLine(0.0F, theme.px(12.0F));
  const std::string count = shown == all
                                ? fmt::format("{} points", format_count(static_cast<std::int64_t>(all)))
                                : fmt::format("{} of {} points", format_count(static_cast<std::int64_t>(shown)),
                                              format_count(static_cast<std::int64_t>(all)));
  ImGui::AlignTextToFramePadding();
  text_in(theme.fonts.figures, text_size::small, theme.quiet, count);
  ImGui::SameLine(0.0F, theme.px(12.0F));
  bool& filters = context.state.column_filters_shown;
  if (button(theme, "column filters", "Columns", "F", filters ? ButtonKind::primary : ButtonKind::plain)) {
    filters = !filters;
    if (!filters) context.state.column_filters.clear();
  }
  if (ImGui::IsItemHovered()) {
    show_tip(theme, filters ? "Takes the filters of the columns away." : "A filter for each column, typed or dragged.");
  }
}

}  // namespace

void ResultsView::follow_best(const ViewContext& context) {
  const Snapshot& snapshot = context.snapshot;
  if (best_of_ == snapshot.points && best_with_ == snapshot.catalog && best_for_ == context.state.plan) return;
  best_ = best_for(snapshot, context.state);
  best_of_ = snapshot.points;
  best_with_ = snapshot.catalog;
  best_for_ = context.state.plan;
}

std::optional<int> ResultsView::row_to_reveal(const ViewState& state) {
  if (state.selected_point == revealed_) return std::nullopt;
  revealed_ = state.selected_point;
  for (std::size_t row = 0; revealed_ && row < list_.size(); ++row) {
    if (list_.at(row)->request.id == *revealed_) return static_cast<int>(row);
  }
  return std::nullopt;
}

void ResultsView::draw(ViewContext& context) {
  const Theme& theme = context.theme;
  const Snapshot& snapshot = context.snapshot;
  if (snapshot.points->empty()) {
    empty_state(theme, "No results yet", "Each measured point becomes a row here, right or wrong.");
    return;
  }
  list_.follow(context, column_, ascending_);
  if (!context.state.session_path.empty()) panel_note(theme, context.state.session_path);
  if (std::exchange(filter_wanted_, false)) ImGui::SetKeyboardFocusHere();
  filter_field(context, list_.size(), snapshot.points->size());
  const bool timed = is_timed(device_kind_of(snapshot, context.state.plan.device));
  const bool best_shown = timed && context.state.best_shown;
  if (timed) {
    follow_best(context);
    best_buttons(context, best_);
    if (best_shown) best_strip(context, best_);
  }
  if (list_.size() == 0 && !context.state.column_filters_shown) {
    empty_state(theme, "Nothing matches the filter", "Every word must be found in a row; clear the filter to see all.");
    return;
  }
  constexpr ImGuiTableFlags flags = ImGuiTableFlags_Sortable | ImGuiTableFlags_ScrollY | ImGuiTableFlags_Resizable |
                                    ImGuiTableFlags_BordersInnerH | ImGuiTableFlags_Hideable |
                                    ImGuiTableFlags_NoBordersInBody | ImGuiTableFlags_SizingFixedFit |
                                    ImGuiTableFlags_PadOuterX;
  // Where nothing is timed other columns matter, so that table remembers its own.
  if (!ImGui::BeginTable(timed ? "results" : "results judged", static_cast<int>(result_columns().size()), flags))
    return;
  ImGui::TableSetupScrollFreeze(0, context.state.column_filters_shown ? 2 : 1);
  const bool narrow = ImGui::GetContentRegionAvail().x < theme.px(1080.0F);
  const bool tiny = ImGui::GetContentRegionAvail().x < theme.px(760.0F);
  for (const ColumnStyle& column : result_columns()) {
    ImGuiTableColumnFlags column_flags =
        column.width > 0.0F ? ImGuiTableColumnFlags_WidthFixed : ImGuiTableColumnFlags_WidthStretch;
    // What is the same in most rows makes room for the variant's name; the header's menu brings it back.
    const bool dispensable = column.column == ResultColumn::shape || column.column == ResultColumn::type ||
                             column.column == ResultColumn::p99 || column.column == ResultColumn::baseline;
    // In a small panel the name and the verdict come before further figures.
    const bool secondary = column.column == ResultColumn::copy || column.column == ResultColumn::error;
    const bool of_times = column.column == ResultColumn::median || column.column == ResultColumn::p99 ||
                          column.column == ResultColumn::rate || column.column == ResultColumn::copy ||
                          column.column == ResultColumn::baseline;
    const bool hidden = timed ? (narrow && dispensable) || (tiny && secondary)
                              : (narrow && (dispensable || of_times)) || (tiny && secondary);
    if (hidden) column_flags |= ImGuiTableColumnFlags_DefaultHide;
    if (column.column == (timed ? ResultColumn::rate : ResultColumn::verdict)) {
      column_flags |= ImGuiTableColumnFlags_DefaultSort | ImGuiTableColumnFlags_PreferSortDescending;
    }
    // Which would need every sample of every point.
    if (column.column == ResultColumn::p99) column_flags |= ImGuiTableColumnFlags_NoSort;
    ImGui::TableSetupColumn(column.title, column_flags, theme.px(column.width));
  }
  follow_palette();
  header_row(theme);
  if (context.state.column_filters_shown) column_filter_row(context, list_, drag_);
  if (ImGuiTableSortSpecs* specs = ImGui::TableGetSortSpecs();
      specs != nullptr && (specs->SpecsDirty || timed != timed_)) {
    if (specs->SpecsCount > 0) {
      column_ = result_columns()[static_cast<std::size_t>(specs->Specs[0].ColumnIndex)].column;
      ascending_ = specs->Specs[0].SortDirection == ImGuiSortDirection_Ascending;
    }
    specs->SpecsDirty = false;
    timed_ = timed;
  }
  std::map<std::string, std::map<std::string, int, std::less<>>> slots_by_place;
  const auto slot_of = [&](const Point& point) {
    const std::string place = point.request.device + std::string(name_of(point.request.problem.operation));
    auto found = slots_by_place.find(place);
    if (found == slots_by_place.end()) {
      const DeviceKind kind = device_kind_of(snapshot, point.request.device);
      found =
          slots_by_place.emplace(place, series_slots(snapshot, point.request.problem.operation, kind, &context.index))
              .first;
    }
    const auto slot = found->second.find(point.request.variant);
    return slot == found->second.end() ? 0 : slot->second;
  };
  ImGuiListClipper clipper;
  clipper.Begin(static_cast<int>(list_.size()));
  const std::optional<int> revealed = row_to_reveal(context.state);
  const std::optional<std::int64_t> selected = context.state.selected_point;
  if (revealed) clipper.IncludeItemByIndex(*revealed);
  while (clipper.Step()) {
    for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
      const PointPtr& point = list_.at(static_cast<std::size_t>(i));
      const std::string_view mark = best_shown ? best_mark(best_, *point) : std::string_view();
      draw_row(context, point, slot_of(*point), baseline_of(context, *point), mark, i == revealed);
    }
  }
  // A row that was clicked stays where it is.
  if (context.state.selected_point != selected) revealed_ = context.state.selected_point;
  ImGui::EndTable();
}

}  // namespace knobscope::gui
