#include "gui/views/error_map_view.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "gui/render/renderer.h"
#include "gui/views/series.h"
#include "gui/widgets/format_number.h"
#include "gui/widgets/panel.h"
#include "gui/widgets/verdict_badge.h"

namespace knobscope::gui {
namespace {

constexpr float kStatsWidth = 168.0F;  // design pixels of the column of figures
constexpr float kLegendHeight = 8.0F;

/// "[7, 31]": row and column of a flat index in the two-dimensional view.
std::string place(const ErrorMap& map, std::int64_t index) {
  if (map.columns <= 0) return format_count(index);
  return fmt::format("[{}, {}]", format_count(index / map.columns), format_count(index % map.columns));
}

/// First and last row (or column) of a tile: tiles split the tensor as evenly as whole rows allow.
struct Span {
  std::int64_t first = 0;
  std::int64_t last = 0;
};
Span span_of(std::int64_t tile, std::int64_t tiles, std::int64_t extent) {
  const auto ceil_div = [](std::int64_t a, std::int64_t b) { return (a + b - 1) / b; };
  return {ceil_div(tile * extent, tiles),
          std::max(ceil_div((tile + 1) * extent, tiles) - 1, ceil_div(tile * extent, tiles))};
}

void tile_tip(const Theme& theme, const ErrorMap& map, ImVec2 origin, ImVec2 size) {
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  const auto tile_at = [](float offset, float extent, int tiles) {
    return std::clamp(static_cast<int>(offset / extent * static_cast<float>(tiles)), 0, tiles - 1);
  };
  const int row = tile_at(mouse.y - origin.y, size.y, map.tile_rows);
  const int column = tile_at(mouse.x - origin.x, size.x, map.tile_columns);
  const float error = map.max_abs[static_cast<std::size_t>(row) * static_cast<std::size_t>(map.tile_columns) +
                                  static_cast<std::size_t>(column)];
  const Span rows = span_of(row, map.tile_rows, map.rows);
  const Span columns = span_of(column, map.tile_columns, map.columns);
  if (!begin_tip(theme)) return;
  text_in(theme.fonts.strong_figures, text_size::small, theme.strong, "max |error| " + format_error(error));
  text_in(theme.fonts.figures, text_size::small, theme.quiet,
          fmt::format("rows {} … {}", format_count(rows.first), format_count(rows.last)));
  text_in(theme.fonts.figures, text_size::small, theme.quiet,
          fmt::format("columns {} … {}", format_count(columns.first), format_count(columns.last)));
  if (std::isinf(error)) {
    text_in(theme.fonts.words, text_size::small, theme.wrong.ink, "never written, or not a number");
  }
  end_tip();
}

void draw_map(ViewContext& context, const std::shared_ptr<const ErrorMap>& map, ImVec2 size) {
  const Theme& theme = context.theme;
  const ErrorScale scale = error_scale_of(*map);
  const float text_height = text_size::caption * theme.scale;
  const float legend_room = theme.px(kLegendHeight + 12.0F) + text_height;
  const ImVec2 picture = {size.x, std::max(size.y - legend_room, theme.px(32.0F))};
  const ImTextureID texture =
      context.renderer.error_map(map, scale, theme, static_cast<int>(picture.x), static_cast<int>(picture.y));
  const ImVec2 origin = ImGui::GetCursorScreenPos();
  if (texture == ImTextureID_Invalid) {
    text_wrapped_in(theme.fonts.figures, text_size::small, theme.wrong.ink, context.renderer.fault());
    return;
  }
  ImGui::Image(texture, picture);
  if (ImGui::IsItemHovered()) tile_tip(theme, *map, origin, picture);

  const ImVec2 bar = {origin.x, origin.y + picture.y + theme.px(8.0F)};
  ImGui::SetCursorScreenPos(bar);
  ImGui::Image(context.renderer.error_legend(scale, theme, static_cast<int>(picture.x),
                                             static_cast<int>(theme.px(kLegendHeight))),
               {picture.x, theme.px(kLegendHeight)});
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float mark = bar.x + picture.x * static_cast<float>(position_of(scale, scale.tolerance));
  list->AddLine({mark, bar.y - theme.px(2.0F)}, {mark, bar.y + theme.px(kLegendHeight + 2.0F)}, packed(theme.strong),
                theme.px(1.5F));
  const float label_y = bar.y + theme.px(kLegendHeight + 2.0F);
  const auto label = [&](const std::string& text, float at, float align) {
    const float width = text_width(theme.fonts.figures, text_size::caption, text);
    list->AddText(theme.fonts.figures, text_height, {at - width * align, label_y}, packed(theme.quiet), text.c_str());
  };
  const std::string low = format_power(scale.low);
  const std::string high = format_power(scale.high);
  label(low, bar.x, 0.0F);
  label(high, bar.x + picture.x, 1.0F);
  const std::string middle = "tolerance " + format_error(scale.tolerance);
  // Below its mark, or as near to it as the labels at the ends leave room for.
  const float gap = theme.px(12.0F);
  const float half = text_width(theme.fonts.figures, text_size::caption, middle) * 0.5F;
  const float leftmost = bar.x + text_width(theme.fonts.figures, text_size::caption, low) + gap + half;
  const float rightmost = bar.x + picture.x - text_width(theme.fonts.figures, text_size::caption, high) - gap - half;
  if (leftmost <= rightmost) label(middle, std::clamp(mark, leftmost, rightmost), 0.5F);
}

void draw_stats(const ViewContext& context, const Point& point, const OutputError& error) {
  const Theme& theme = context.theme;
  const ImVec4* hot = error.failing > 0 ? &theme.wrong.ink : nullptr;
  stat_row(theme, "max abs", format_error(error.max_abs), hot);
  stat_row(theme, "max rel", format_error(error.max_rel));
  stat_row(theme, "rel L2", format_error(error.relative_l2));
  stat_row(theme, "rms", format_error(error.rms));
  stat_row(theme, "max ULP", format_count(static_cast<std::int64_t>(std::min(error.max_ulp, 9e18))));
  if (error.nonfinite > 0) stat_row(theme, "not finite", format_count(error.nonfinite), &theme.wrong.ink);
  if (error.unwritten > 0) stat_row(theme, "unwritten", format_count(error.unwritten), &theme.wrong.ink);
  if (error.first_bad) {
    const auto& map = point.error->map;
    stat_row(theme, "first bad", map ? place(*map, *error.first_bad) : format_count(*error.first_bad), hot);
    stat_row(theme, "is", format_error(error.first_bad_value));
    stat_row(theme, "should be", format_error(error.first_bad_reference));
  }
}

}  // namespace

void ErrorMapView::draw(ViewContext& context) {
  const Theme& theme = context.theme;
  const PointPtr point = focused_point(context.snapshot, context.state);
  const OutputError* error = point && point->error ? point->error->main() : nullptr;
  if (error == nullptr) {
    empty_state(theme, "Nothing has been checked yet",
                point && !point->reason.empty() ? point->reason : "Select a point that ran.");
    return;
  }
  if (error->failing > 0) {
    const double share =
        static_cast<double>(error->failing) / static_cast<double>(std::max<std::int64_t>(error->elements, 1));
    panel_note_badge(theme, theme.verdict_style(Verdict::wrong), format_percent(share) + " of elements past tolerance");
  } else {
    panel_note_badge(theme, theme.verdict_style(Verdict::pass), "all within tolerance");
  }
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const bool beside = room.x > theme.px(kStatsWidth + 160.0F);
  const float map_width = beside ? room.x - theme.px(kStatsWidth + 16.0F) : room.x;
  if (point->error->map && point->error->map->tile_rows > 0) {
    ImGui::BeginGroup();
    draw_map(context, point->error->map, {map_width, beside ? room.y : room.y * 0.6F});
    ImGui::EndGroup();
    if (beside) ImGui::SameLine(0.0F, theme.px(16.0F));
  }
  ImGui::BeginGroup();
  text_in(theme.fonts.strong, text_size::small, theme.text,
          shortened(theme.fonts.strong, text_size::small, point->variant_title, ImGui::GetContentRegionAvail().x));
  draw_stats(context, *point, *error);
  ImGui::EndGroup();
}

}  // namespace knobscope::gui
