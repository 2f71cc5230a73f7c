#include "gui/views/error_lab_map.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "gui/render/renderer.h"
#include "gui/views/error_lab_choices.h"
#include "gui/widgets/focus.h"
#include "gui/widgets/format_number.h"
#include "gui/widgets/panel.h"

namespace knobscope::gui {
namespace {

constexpr float kLegendHeight = 8.0F;
/// Cells from this size on have their value written in them, and from the second height on their ULP below it.
constexpr ImVec2 kCellWithValue = {62.0F, 17.0F};
constexpr float kCellWithUlp = 34.0F;

/// Between the view and the screen.
struct Frame {
  ImVec2 origin;
  ImVec2 size;
  ErrorWindow window;

  float x(double column) const {
    return origin.x + static_cast<float>((column - window.column) / window.columns * static_cast<double>(size.x));
  }
  float y(double row) const {
    return origin.y + static_cast<float>((row - window.row) / window.rows * static_cast<double>(size.y));
  }
  double row_at(float y) const { return window.row + static_cast<double>((y - origin.y) / size.y) * window.rows; }
  double column_at(float x) const {
    return window.column + static_cast<double>((x - origin.x) / size.x) * window.columns;
  }
  ImVec2 cell() const {
    return {static_cast<float>(static_cast<double>(size.x) / window.columns),
            static_cast<float>(static_cast<double>(size.y) / window.rows)};
  }
};

struct TileSpan {
  std::int64_t first = 0;
  std::int64_t last = 0;
};

/// The rows (or columns) of the tile that holds `at`, all counted from the area's first.
TileSpan tile_around(std::int64_t at, std::int64_t tiles, std::int64_t extent) {
  const std::int64_t tile = at * tiles / extent;
  const auto begin = [&](std::int64_t of) { return (of * extent + tiles - 1) / tiles; };
  return {begin(tile), std::max(begin(tile + 1) - 1, begin(tile))};
}

bool holds(const Area& area, const ErrorPlace& place) {
  return place.row >= area.row && place.column >= area.column && place.row < area.row + area.rows &&
         place.column < area.column + area.columns;
}

/// The finest layer with the place; null when none has it.
const ErrorLayer* layer_at(const ErrorPicture& picture, const ErrorPlace& place) {
  for (auto layer = picture.layers.rbegin(); layer != picture.layers.rend(); ++layer) {
    if (holds(layer->area, place)) return &*layer;
  }
  return nullptr;
}

/// Where an element stands in the lists of the region; nothing when it is not listed.
std::optional<std::size_t> listed_at(const ErrorPicture& picture, const ErrorPlace& place) {
  if (!picture.region || !picture.region->elements) return std::nullopt;
  const Area& area = picture.region->request.area;
  if (!holds(area, place)) return std::nullopt;
  return static_cast<std::size_t>((place.row - area.row) * area.columns + place.column - area.column);
}

void draw_layers(ViewContext& context, const ErrorPicture& picture, const Frame& frame) {
  ImDrawList* list = ImGui::GetWindowDrawList();
  for (const ErrorLayer& layer : picture.layers) {
    const ImVec2 low = {frame.x(static_cast<double>(layer.area.column)), frame.y(static_cast<double>(layer.area.row))};
    const ImVec2 high = {frame.x(static_cast<double>(layer.area.column + layer.area.columns)),
                         frame.y(static_cast<double>(layer.area.row + layer.area.rows))};
    // What reaches far over the window is coarse already, and need not be drawn finer than its tiles.
    const auto pixels = [](float extent, float room, int tiles) {
      return std::max(static_cast<int>(extent <= room * 2.0F ? std::round(extent) : static_cast<float>(tiles)), 1);
    };
    const ImTextureID texture = context.renderer.error_map(
        layer.map, picture.scale, context.theme, pixels(high.x - low.x, frame.size.x, layer.map->tile_columns),
        pixels(high.y - low.y, frame.size.y, layer.map->tile_rows));
    if (texture != ImTextureID_Invalid) list->AddImage(texture, low, high);
  }
}

/// Black or white, whichever reads better on a cell.
ImVec4 ink_on(const ImVec4& ground) {
  const ImVec4 black = {0.04F, 0.05F, 0.07F, 1.0F};
  const ImVec4 white = {1.0F, 1.0F, 1.0F, 1.0F};
  return contrast(black, ground) >= contrast(white, ground) ? black : white;
}

/// "+3.1", "-0.5": on which side of the reference.
std::string signed_text(double value, int digits) { return (value > 0.0 ? "+" : "") + format_value(value, digits); }

void draw_values(const ViewContext& context, const ErrorPicture& picture, const Frame& frame) {
  const Theme& theme = context.theme;
  const ImVec2 cell = frame.cell();
  if (cell.x < theme.px(kCellWithValue.x) || cell.y < theme.px(kCellWithValue.y)) return;
  if (!picture.region || !picture.region->elements) return;
  const ErrorElements& elements = *picture.region->elements;
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float size = text_size::caption * theme.scale;
  const Area shown = area_of(picture.window, picture.view);
  for (std::int64_t row = shown.row; row < shown.row + shown.rows; ++row) {
    for (std::int64_t column = shown.column; column < shown.column + shown.columns; ++column) {
      const auto at = listed_at(picture, {row, column});
      if (!at) continue;
      const auto tile = static_cast<double>(picture.region->map->max_abs[*at]);
      const ImU32 ink = packed(ink_on(error_color(picture.scale, theme, tile)));
      const bool two_lines = cell.y >= theme.px(kCellWithUlp);
      const auto line = [&](const std::string& text, float from_middle) {
        const float width = text_width(theme.fonts.figures, text_size::caption, text);
        if (width > cell.x - theme.px(4.0F)) return;
        const ImVec2 middle = {frame.x(static_cast<double>(column) + 0.5), frame.y(static_cast<double>(row) + 0.5)};
        list->AddText(theme.fonts.figures, size,
                      {std::round(middle.x - width / 2.0F), std::round(middle.y + from_middle)}, ink, text.c_str());
      };
      const std::string value =
          elements.is_unwritten(*at) ? std::string("unwritten") : format_value(elements.values[*at], 5);
      line(value, two_lines ? -size * 1.02F : -size * 0.5F);
      if (two_lines && std::isfinite(elements.ulps[*at])) {
        line(signed_text(elements.ulps[*at], 2) + "\u2009ulp", size * 0.02F);
      }
    }
  }
}

void outline(const Theme& theme, const Frame& frame, const ErrorPicture& picture, const ErrorPlace& place,
             const ImVec4& color) {
  const ErrorLayer* layer = layer_at(picture, place);
  if (layer == nullptr) return;
  const TileSpan rows = tile_around(place.row - layer->area.row, layer->map->tile_rows, layer->area.rows);
  const TileSpan columns =
      tile_around(place.column - layer->area.column, layer->map->tile_columns, layer->area.columns);
  const auto row = static_cast<double>(layer->area.row);
  const auto column = static_cast<double>(layer->area.column);
  ImVec2 low = {frame.x(column + static_cast<double>(columns.first)), frame.y(row + static_cast<double>(rows.first))};
  ImVec2 high = {frame.x(column + static_cast<double>(columns.last + 1)),
                 frame.y(row + static_cast<double>(rows.last + 1))};
  // A tile of a pixel would hide under its own outline.
  const float least = theme.px(3.0F);
  if (high.x - low.x < least || high.y - low.y < least) {
    low = {low.x - least, low.y - least};
    high = {high.x + least, high.y + least};
  }
  ImDrawList* list = ImGui::GetWindowDrawList();
  list->AddRect({low.x - 1.0F, low.y - 1.0F}, {high.x + 1.0F, high.y + 1.0F}, packed(theme.ground), 0.0F, 0,
                theme.px(1.0F) + 2.0F);
  list->AddRect(low, high, packed(color), 0.0F, 0, theme.px(1.5F));
}

/// Keys of a map that has the focus.
std::optional<ErrorWindow> window_by_keys(const ErrorPicture& picture) {
  const ErrorWindow& now = picture.window;
  const auto pressed = [](ImGuiKey key) { return ImGui::IsKeyPressed(key, true); };
  if (ImGui::GetIO().KeyCtrl) return std::nullopt;  // the window's own zoom
  own_keys(ImGui::GetItemID(), {ImGuiKey_Home});
  if (pressed(ImGuiKey_Equal) || pressed(ImGuiKey_KeypadAdd)) return zoomed_in(now, picture.view, 1);
  if (pressed(ImGuiKey_Minus) || pressed(ImGuiKey_KeypadSubtract)) return zoomed_in(now, picture.view, -1);
  if (pressed(ImGuiKey_Home)) return ErrorWindow{};
  const ArrowSteps steps = take_arrows(ImGui::GetItemID());
  if (steps.down != 0 || steps.right != 0) return stepped(now, picture.view, steps.down, steps.right);
  return std::nullopt;
}

std::optional<ErrorWindow> window_by_mouse(const ErrorPicture& picture, const Frame& frame) {
  const ImGuiIO& io = ImGui::GetIO();
  if (ImGui::IsItemHovered()) {
    ImGui::SetItemKeyOwner(ImGuiKey_MouseWheelY);  // else the panel would scroll
    if (io.MouseWheel != 0.0F) {
      const double factor = std::pow(kZoomStep, -static_cast<double>(io.MouseWheel));
      return zoomed(picture.window, picture.view, factor, frame.row_at(io.MousePos.y), frame.column_at(io.MousePos.x));
    }
    if (ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left)) return ErrorWindow{};
  }
  if (ImGui::IsItemActive() && ImGui::IsMouseDragging(ImGuiMouseButton_Left)) {
    const ImVec2 cell = frame.cell();
    return moved(picture.window, picture.view, -static_cast<double>(io.MouseDelta.y / cell.y),
                 -static_cast<double>(io.MouseDelta.x / cell.x));
  }
  return std::nullopt;
}

void element_lines(const Theme& theme, const ErrorElements& elements, std::size_t at) {
  const ImVec4* hot = elements.fails(at) ? &theme.wrong.ink : nullptr;
  if (elements.is_unwritten(at)) {
    stat_row(theme, "value", "never written", hot);
  } else {
    stat_row(theme, "value", format_value(elements.values[at], 9));
  }
  stat_row(theme, "should be", format_value(elements.references[at], 9));
  stat_row(theme, "difference", format_value(elements.values[at] - elements.references[at], 4), hot);
  if (std::isfinite(elements.ulps[at])) stat_row(theme, "ULP", signed_text(elements.ulps[at], 3), hot);
  stat_row(theme, "allowed", format_error(elements.allowed[at]));
}

void tile_lines(const Theme& theme, const ErrorLab& lab, const ErrorLayer& layer, const ErrorPlace& place) {
  const std::int64_t row = place.row - layer.area.row;
  const std::int64_t column = place.column - layer.area.column;
  const ErrorMap& map = *layer.map;
  const auto tile = static_cast<std::size_t>(row * map.tile_rows / layer.area.rows * map.tile_columns +
                                             column * map.tile_columns / layer.area.columns);
  const auto error = static_cast<double>(map.max_abs[tile]);
  const TileSpan rows = tile_around(row, map.tile_rows, layer.area.rows);
  const TileSpan columns = tile_around(column, map.tile_columns, layer.area.columns);
  text_in(theme.fonts.strong_figures, text_size::small, theme.strong, "max " + measured_text(lab.measure, error));
  const auto span_line = [&](const char* what, const TileSpan& span, std::int64_t from) {
    text_in(theme.fonts.figures, text_size::small, theme.quiet,
            fmt::format("{} {} … {}", what, format_count(from + span.first), format_count(from + span.last)));
  };
  span_line("rows", rows, layer.area.row);
  span_line("columns", columns, layer.area.column);
  if (std::isinf(error)) {
    text_in(theme.fonts.words, text_size::small, theme.wrong.ink, "never written, or not a number");
  }
}

}  // namespace

std::string measured_text(ErrorMeasure measure, double value) {
  switch (measure) {
    case ErrorMeasure::absolute:
      return "|error| " + format_error(value);
    case ErrorMeasure::tolerance:
      return std::isfinite(value) ? format_value(value, 3) + " of tolerance" : "past tolerance";
    case ErrorMeasure::ulp:
      return std::isfinite(value) ? format_value(value, 3, "ULP") : "not a number";
  }
  return {};
}

ErrorGesture draw_error_picture(ViewContext& context, const ErrorPicture& picture, ImVec2 size,
                                const std::optional<ErrorPlace>& linked) {
  const Theme& theme = context.theme;
  const Frame frame = {ImGui::GetCursorScreenPos(), size, picture.window};
  ErrorGesture gesture;
  ImGui::InvisibleButton(picture.id, size, ImGuiButtonFlags_EnableNav);
  gesture.window = window_by_mouse(picture, frame);
  if (const bool keys = has_keys(); keys && !gesture.window) gesture.window = window_by_keys(picture);
  if (ImGui::IsItemHovered()) {
    const ImVec2 mouse = ImGui::GetIO().MousePos;
    gesture.hovered = {
        std::clamp<std::int64_t>(static_cast<std::int64_t>(frame.row_at(mouse.y)), 0, picture.view.rows - 1),
        std::clamp<std::int64_t>(static_cast<std::int64_t>(frame.column_at(mouse.x)), 0, picture.view.columns - 1)};
  }
  ImDrawList* list = ImGui::GetWindowDrawList();
  const ImVec2 end = {frame.origin.x + size.x, frame.origin.y + size.y};
  list->PushClipRect(frame.origin, end, true);
  list->AddRectFilled(frame.origin, end, packed(theme.sunken));
  draw_layers(context, picture, frame);
  draw_values(context, picture, frame);
  if (picture.marked) {
    if (const auto place = find_in(picture.view, *picture.marked)) {
      outline(theme, frame, picture, {place->first, place->second}, theme.strong);
    }
  }
  const std::optional<ErrorPlace>& pointed = gesture.hovered ? gesture.hovered : linked;
  if (pointed) outline(theme, frame, picture, *pointed, theme.strong);
  list->PopClipRect();
  return gesture;
}

void error_tip(const ViewContext& context, const ErrorLab& lab, const Problem& problem, const ErrorPlace& place,
               std::span<const ErrorPicture> pictures, std::span<const std::string> titles) {
  const Theme& theme = context.theme;
  if (!begin_tip(theme)) return;
  const ErrorPicture& first = pictures.front();
  if (listed_at(first, place)) {
    const std::int64_t index = first.view.index(place.row, place.column);
    const std::vector<TensorDim> dims = dims_of(problem, output_in(lab, problem));
    std::string where;
    if (dims.size() > 2) {
      const std::vector<std::int64_t> at = place_of(dims, index);
      for (std::size_t dim = 0; dim < dims.size(); ++dim) {
        where += fmt::format("{}{} {}", dim == 0 ? "" : " · ", dims[dim].name, format_count(at[dim]));
      }
    } else {
      where = fmt::format("[{}, {}]", format_count(place.row), format_count(place.column));
    }
    text_in(theme.fonts.strong_figures, text_size::small, theme.strong, where);
  }
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    if (pictures.size() > 1) text_in(theme.fonts.strong, text_size::small, theme.text, titles[i]);
    if (const auto at = listed_at(pictures[i], place)) {
      element_lines(theme, *pictures[i].region->elements, *at);
    } else if (const ErrorLayer* layer = layer_at(pictures[i], place)) {
      tile_lines(theme, lab, *layer, place);
    }
  }
  end_tip();
}

float error_legend_height(const Theme& theme) {
  return theme.px(kLegendHeight + 4.0F) + text_size::caption * theme.scale;
}

void draw_error_legend(ViewContext& context, const ErrorScale& scale, ErrorMeasure measure, float width) {
  const Theme& theme = context.theme;
  const ImVec2 bar = ImGui::GetCursorScreenPos();
  ImGui::Image(
      context.renderer.error_legend(scale, theme, static_cast<int>(width), static_cast<int>(theme.px(kLegendHeight))),
      {width, theme.px(kLegendHeight)});
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float mark = bar.x + width * static_cast<float>(position_of(scale, scale.tolerance));
  list->AddLine({mark, bar.y - theme.px(2.0F)}, {mark, bar.y + theme.px(kLegendHeight + 2.0F)}, packed(theme.strong),
                theme.px(1.5F));
  const float label_y = bar.y + theme.px(kLegendHeight + 2.0F);
  const auto label = [&](const std::string& text, float at, float align) {
    const float length = text_width(theme.fonts.figures, text_size::caption, text);
    list->AddText(theme.fonts.figures, text_size::caption * theme.scale, {at - length * align, label_y},
                  packed(theme.quiet), text.c_str());
  };
  const std::string low = format_power(scale.low);
  const std::string high = format_power(scale.high);
  label(low, bar.x, 0.0F);
  label(high, bar.x + width, 1.0F);
  std::string middle = "tolerance";
  if (measure == ErrorMeasure::absolute) middle += " " + format_error(scale.tolerance);
  if (measure == ErrorMeasure::ulp) middle += " " + format_value(scale.tolerance, 3, "ULP");
  // Below its mark, or as near to it as the labels at the ends leave room for.
  const float gap = theme.px(12.0F);
  const float half = text_width(theme.fonts.figures, text_size::caption, middle) * 0.5F;
  const float leftmost = bar.x + text_width(theme.fonts.figures, text_size::caption, low) + gap + half;
  const float rightmost = bar.x + width - text_width(theme.fonts.figures, text_size::caption, high) - gap - half;
  if (leftmost <= rightmost) label(middle, std::clamp(mark, leftmost, rightmost), 0.5F);
}

}  // namespace knobscope::gui
