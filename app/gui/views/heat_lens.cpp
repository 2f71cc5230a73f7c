#include "gui/views/heat_lens.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <imgui.h>

#include "core/known_points.h"
#include "core/visit_order.h"
#include "gui/views/baselines.h"
#include "gui/views/lenses.h"
#include "gui/views/line_plot.h"
#include "gui/views/plot_scale.h"
#include "gui/widgets/focus.h"
#include "gui/widgets/panel.h"
#include "gui/widgets/segmented.h"
#include "worker/client.h"

namespace knobscope::gui {
namespace {

/// A field that names an axis and opens a list of all. Changes `axis`.
void axis_field(const Theme& theme, const char* id, const std::vector<std::string>& axes, std::string& axis) {
  std::vector<std::string> labels;
  for (const std::string& each : axes) labels.push_back(heat_axis_title(each));
  const auto at = std::ranges::find(axes, axis);
  int chosen = at == axes.end() ? 0 : static_cast<int>(at - axes.begin());
  SegmentedLook look;
  look.room = theme.px(112.0F);
  if (segmented(theme, id, labels, chosen, look)) axis = axes[static_cast<std::size_t>(chosen)];
}

ImVec4 mixed(const ImVec4& a, const ImVec4& b, float t) {
  return {a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t, a.z + (b.z - a.z) * t, 1.0F};
}

/// Whichever of the theme's darkest and lightest can be read on a ground.
const ImVec4& ink_on(const Theme& theme, const ImVec4& ground) {
  const ImVec4& a = theme.strong;
  const ImVec4& b = theme.name == ThemeName::dark ? theme.ground : theme.panel;
  return contrast(a, ground) >= contrast(b, ground) ? a : b;
}

/// Part of the way from the least to the greatest value; by ratio where they are far apart.
float part_of(const HeatMap& map, double value) {
  if (!map.least || !map.most || !(*map.most > *map.least)) return 1.0F;
  const double low = *map.least;
  const double high = *map.most;
  if (low > 0.0 && high / low > 8.0) return static_cast<float>(std::log(value / low) / std::log(high / low));
  return static_cast<float>((value - low) / (high - low));
}

/// Where the cells are.
struct Grid {
  ImVec2 at;
  ImVec2 cell;
};

class Drawing {
 public:
  Drawing(const ViewContext& context, const HeatMap& map, const HeatChoice& choice, const Grid& grid)
      : context_(context),
        theme_(context.theme),
        map_(map),
        choice_(choice),
        grid_(grid),
        list_(ImGui::GetWindowDrawList()) {}

  void cell(std::size_t column, std::size_t row, bool hovered, bool queued) {
    const HeatCell& cell = map_.at(column, row);
    const float gap = theme_.px(1.0F);
    const ImVec2 low = corner_of(column, row);
    const ImVec2 high = {low.x + grid_.cell.x - gap, low.y + grid_.cell.y - gap};
    const float rounding = theme_.px(2.0F);
    if (cell.is_empty()) {
      list_->AddRect(low, high, packed(hovered ? theme_.accent : theme_.faint_line), rounding);
      if (hovered) centred(low, high, "+", theme_.accent);
    } else if (!cell.is_right()) {
      const VerdictStyle style = theme_.verdict_style(cell.point->verdict);
      list_->AddRectFilled(low, high, packed(style.tint.ground), rounding);
      centred(low, high, std::string(style.mark), style.tint.ink);
    } else {
      value(cell, low, high, rounding);
    }
    const bool selected = cell.point && context_.state.selected_point == cell.point->request.id;
    if (selected || (hovered && !cell.is_empty())) {
      list_->AddRect(low, high, packed(selected ? theme_.accent : theme_.text), rounding, 0, theme_.px(2.0F));
    }
    if (queued) queue_mark(low, high, cell);
  }

  /// The frame of a region that is dragged over.
  void region(std::size_t column, std::size_t row, std::size_t other_column, std::size_t other_row) {
    const ImVec2 a = corner_of(std::min(column, other_column), std::max(row, other_row));
    const ImVec2 b = corner_of(std::max(column, other_column), std::min(row, other_row));
    const ImVec2 high = {b.x + grid_.cell.x, b.y + grid_.cell.y};
    list_->AddRectFilled(a, high, packed(theme_.accent, 0.15F), theme_.px(2.0F));
    list_->AddRect(a, high, packed(theme_.accent), theme_.px(2.0F), 0, theme_.px(2.0F));
  }

  void axes() {
    const float size = text_size::caption * theme_.scale;
    float free_from = -1e9F;
    for (std::size_t column = 0; column < map_.x.size(); ++column) {
      const std::string label = heat_label(choice_.x, map_.x[column]);
      const float width = text_width(theme_.fonts.figures, text_size::caption, label);
      const float x = corner_of(column, 0).x + (grid_.cell.x - width) * 0.5F;
      if (x < free_from) continue;
      free_from = x + width + theme_.px(6.0F);
      const float y = grid_.at.y + grid_.cell.y * static_cast<float>(map_.y.size()) + theme_.px(3.0F);
      list_->AddText(theme_.fonts.figures, size, {std::floor(x), std::floor(y)}, packed(theme_.quiet), label.c_str());
    }
    float free_below = 1e9F;
    for (std::size_t row = 0; row < map_.y.size(); ++row) {
      const std::string label = heat_label(choice_.y, map_.y[row]);
      const float width = text_width(theme_.fonts.figures, text_size::caption, label);
      const float y = corner_of(0, row).y + (grid_.cell.y - size) * 0.5F;
      if (y + size > free_below) continue;
      free_below = y;
      list_->AddText(theme_.fonts.figures, size, {std::floor(grid_.at.x - width - theme_.px(6.0F)), std::floor(y)},
                     packed(theme_.quiet), label.c_str());
    }
  }

 private:
  /// The first value of y is the lowest row.
  ImVec2 corner_of(std::size_t column, std::size_t row) const {
    const auto from_top = static_cast<float>(map_.y.size() - 1 - row);
    return {std::floor(grid_.at.x + grid_.cell.x * static_cast<float>(column)),
            std::floor(grid_.at.y + grid_.cell.y * from_top)};
  }

  /// Three dots in the middle of an empty cell, one in the corner of one that has something already.
  void queue_mark(ImVec2 low, ImVec2 high, const HeatCell& cell) {
    const float radius = std::min(theme_.px(1.5F), (high.x - low.x) * 0.1F);
    if (!cell.is_empty()) {
      const float inset = radius * 2.5F;
      list_->AddCircleFilled({high.x - inset, low.y + inset}, radius * 1.5F, packed(theme_.accent));
      return;
    }
    const ImVec2 middle = {(low.x + high.x) * 0.5F, (low.y + high.y) * 0.5F};
    for (const float offset : {-3.0F, 0.0F, 3.0F}) {
      list_->AddCircleFilled({middle.x + offset * radius, middle.y}, radius, packed(theme_.accent));
    }
  }

  void centred(ImVec2 low, ImVec2 high, const std::string& text, const ImVec4& color) {
    const float size = text_size::caption * theme_.scale;
    const float width = text_width(theme_.fonts.figures, text_size::caption, text);
    if (width > high.x - low.x - theme_.px(2.0F) || size > high.y - low.y) return;
    list_->AddText(theme_.fonts.figures, size,
                   {std::floor((low.x + high.x - width) * 0.5F), std::floor((low.y + high.y - size) * 0.5F)},
                   packed(color), text.c_str());
  }

  void value(const HeatCell& cell, ImVec2 low, ImVec2 high, float rounding) {
    const bool known = std::isfinite(*cell.value);
    const float part = known ? part_of(map_, *cell.value) : 0.0F;
    const ImVec4 ground =
        choice_.winner ? theme_.series_style(cell.slot).color : mixed(theme_.sunken, theme_.accent, 0.1F + 0.9F * part);
    list_->AddRectFilled(low, high, packed(ground), rounding);
    if (!cell.ties.empty()) hatch(low, high, ink_on(theme_, ground));
    const std::string text = known ? scale_of(choice_.quantity).figure(*cell.value) : "–";
    write(cell, text, low, high, ground);
  }

  /// The figure, and above it the winner's name where there is room for both; on a plate where the ground is hatched.
  void write(const HeatCell& cell, const std::string& figure, ImVec2 low, ImVec2 high, const ImVec4& ground) {
    const float size = text_size::caption * theme_.scale;
    const float room = high.x - low.x - theme_.px(8.0F);
    const bool named = choice_.winner && room > theme_.px(72.0F) && high.y - low.y > size * 2.0F + theme_.px(8.0F);
    const std::string name =
        named ? shortened_between(theme_.fonts.words, text_size::caption, cell.point->variant_title, room)
              : std::string();
    const float wide = text_width(theme_.fonts.words, text_size::caption, name);
    const float width = std::max(wide, text_width(theme_.fonts.figures, text_size::caption, figure));
    const float height = named ? size * 2.0F : size;
    if (width > room || height > high.y - low.y) return;
    const ImVec2 middle = {(low.x + high.x) * 0.5F, (low.y + high.y) * 0.5F};
    if (!cell.ties.empty()) {
      const ImVec2 half = {width * 0.5F + theme_.px(3.0F), height * 0.5F + theme_.px(1.0F)};
      list_->AddRectFilled({middle.x - half.x, middle.y - half.y}, {middle.x + half.x, middle.y + half.y},
                           packed(ground), theme_.px(2.0F));
    }
    const ImVec4& ink = ink_on(theme_, ground);
    if (named) {
      list_->AddText(theme_.fonts.words, size, {std::floor(middle.x - wide * 0.5F), std::floor(middle.y - size)},
                     packed(ink), name.c_str());
      centred({low.x, middle.y}, {high.x, middle.y + size}, figure, ink);
    } else {
      centred(low, high, figure, ink);
    }
  }

  void hatch(ImVec2 low, ImVec2 high, const ImVec4& color) {
    list_->PushClipRect(low, high, true);
    const float height = high.y - low.y;
    for (float x = low.x - height; x < high.x; x += theme_.px(7.0F)) {
      list_->AddLine({x, high.y}, {x + height, low.y}, packed(color, 0.45F), theme_.px(1.0F));
    }
    list_->PopClipRect();
  }

  const ViewContext& context_;
  const Theme& theme_;
  const HeatMap& map_;
  const HeatChoice& choice_;
  Grid grid_;
  ImDrawList* list_;
};

std::string place_in_words(const HeatChoice& choice, double x, double y) {
  return fmt::format("{} {} · {} {}", heat_axis_title(choice.x), heat_label(choice.x, x), heat_axis_title(choice.y),
                     heat_label(choice.y, y));
}

void cell_tip(const Theme& theme, const HeatCell& cell, const std::string& place, bool can_measure, bool queued) {
  if (cell.is_empty()) {
    const char* what = queued ? ": waits to be measured. A click measures it first."
                              : ": not measured yet. A click measures it, a drag a region.";
    show_tip(theme, place + (can_measure ? what : ": not measured."));
    return;
  }
  point_tip(theme, *cell.point);
  if (cell.ties.empty() || !begin_tip(theme)) return;
  for (const PointPtr& tied : cell.ties) {
    text_in(theme.fonts.words, text_size::small, theme.quiet, "ties with " + tied->variant_title);
  }
  end_tip();
}

/// Room for the widest label of the y axis, and for the labels below.
Grid grid_of(const Theme& theme, const HeatMap& map, const HeatChoice& choice) {
  float labels = 0.0F;
  for (const double y : map.y) {
    labels = std::max(labels, text_width(theme.fonts.figures, text_size::caption, heat_label(choice.y, y)));
  }
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const float left = labels + theme.px(10.0F);
  const float below = text_size::caption * theme.scale + theme.px(6.0F);
  return {{at.x + left, at.y + theme.px(4.0F)},
          {std::max((room.x - left) / static_cast<float>(map.x.size()), 1.0F),
           std::max((room.y - below - theme.px(4.0F)) / static_cast<float>(map.y.size()), 1.0F)}};
}

/// What is empty is measured at the knobs that are set, but the map shows any.
Inputs inputs_for(const ViewContext& context, const HeatChoice& choice) {
  Inputs inputs = inputs_of_all_knobs(context);
  if (!choice.winner) inputs.selected_variant = context.state.selected_variant;
  return inputs;
}

}  // namespace

HeatChoice HeatLens::choose(ViewContext& context) {
  const Theme& theme = context.theme;
  ViewState& state = context.state;
  const std::vector<std::string> axes = heat_axes(context.snapshot, state, &context.index);
  HeatChoice choice = heat_choice_of(state, axes);
  const HeatChoice before = choice;
  axis_field(theme, "heat x", axes, choice.x);
  ImGui::SameLine(0.0F, theme.px(4.0F));
  const float line = ImGui::GetCursorPosY();
  ImGui::SetCursorPosY(line + (control_height(theme) - text_size::body * theme.scale) * 0.5F);
  text_in(theme.fonts.words, text_size::body, theme.quiet, "×");
  ImGui::SameLine(0.0F, theme.px(4.0F));
  ImGui::SetCursorPosY(line);
  axis_field(theme, "heat y", axes, choice.y);
  set_heat_axes(state, before, choice.x, choice.y);
  ImGui::SameLine(0.0F, theme.px(12.0F));
  const std::array<std::string, 2> whose = {"winner", "selected"};
  const std::array<std::string, 2> tips = {
      "The fastest right variant of each cell, in its colour, with the best knobs that were tried. Hatched: another "
      "one "
      "ties with it, which means that their 95\u2009% intervals overlap or their medians are within 1\u2009%.",
      "The selected variant alone, with the best knobs that were tried; the stronger the colour, the greater the "
      "figure."};
  const float quantity = quantity_width(theme);
  SegmentedLook look;
  look.room = std::max(ImGui::GetContentRegionAvail().x - quantity - theme.px(12.0F), theme.px(96.0F));
  look.tips = tips;
  int chosen = choice.winner ? 0 : 1;
  if (segmented(theme, "heat whose", whose, chosen, look)) choice.winner = chosen == 0;
  ImGui::SameLine(std::max(ImGui::GetContentRegionMax().x - quantity, ImGui::GetCursorPosX()));
  quantity_chooser(context, "heat quantity");
  state.heat_winner = choice.winner;
  return {state.heat_x, state.heat_y, choice.winner, state.quantity};
}

void HeatLens::draw(ViewContext& context) {
  const Theme& theme = context.theme;
  const HeatChoice choice = choose(context);
  const HeatMap& map = map_.of(inputs_for(context, choice), [&context, &choice] {
    const auto baseline = [&context](const Point& point) { return baseline_of(context, point); };
    return make_heat_map(context.snapshot, context.state, choice, baseline, &context.index);
  });
  if (map.cells.empty()) {
    empty_plot(context);
    return;
  }
  panel_note(theme, choice.winner ? "fastest right variant of each cell · hatched: a tie"
                                  : "selected variant, best knobs tried");
  const Grid grid = grid_of(theme, map, choice);
  ImGui::SetCursorScreenPos(grid.at);
  const bool clicked = ImGui::InvisibleButton(
      "cells", {grid.cell.x * static_cast<float>(map.x.size()), grid.cell.y * static_cast<float>(map.y.size())},
      ImGuiButtonFlags_EnableNav);
  const bool by_keys = is_led_by_keys();
  const bool hovered = by_keys || ImGui::IsItemHovered();
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  const auto index_at = [](float distance, float step, std::size_t count) {
    return static_cast<std::size_t>(std::clamp(distance / step, 0.0F, static_cast<float>(count) - 0.5F));
  };
  const Place under_mouse = {index_at(mouse.x - grid.at.x, grid.cell.x, map.x.size()),
                             map.y.size() - 1 - index_at(mouse.y - grid.at.y, grid.cell.y, map.y.size())};
  const Place here = by_keys ? place_of_keys(map, ImGui::GetItemID()) : under_mouse;
  const auto [column, row] = here;
  // The map may have become another one since a region was begun, and keys may have gone elsewhere.
  const auto is_there = [&map](const std::optional<Place>& place) {
    return place && place->column < map.x.size() && place->row < map.y.size();
  };
  if (!is_there(keys_from_) || !by_keys) keys_from_.reset();
  if (!is_there(dragged_from_)) dragged_from_.reset();
  if (by_keys) {
    dragged_from_ = keys_from_;
  } else if (ImGui::IsItemActivated()) {
    dragged_from_ = here;
  }
  const bool held = by_keys || ImGui::IsItemActive();
  const bool released = ImGui::IsItemDeactivated();
  const std::vector<bool> queued = queued_cells(context, map, choice);
  Drawing drawing(context, map, choice, grid);
  for (std::size_t y = 0; y < map.y.size(); ++y) {
    for (std::size_t x = 0; x < map.x.size(); ++x) {
      drawing.cell(x, y, hovered && x == column && y == row, queued[y * map.x.size() + x]);
    }
  }
  const bool can_measure = can_measure_cells(context);
  const bool over_region = dragged_from_ && *dragged_from_ != here && can_measure;
  if (over_region && held) {
    drawing.region(dragged_from_->column, dragged_from_->row, column, row);
  }
  drawing.axes();
  const std::size_t index = row * map.x.size() + column;
  if (hovered && !over_region) {
    cell_tip(theme, map.cells[index], place_in_words(choice, map.x[column], map.y[row]), can_measure, queued[index]);
  }
  if (std::exchange(all_wanted_, false) && can_measure) {
    measure(context, map, choice, {0, 0}, {map.x.size() - 1, map.y.size() - 1});
  }
  if (by_keys ? !clicked : !released && !clicked) return;
  const std::optional<Place> from = std::exchange(dragged_from_, std::nullopt);
  keys_from_.reset();
  if (over_region && from) {
    measure(context, map, choice, *from, here);
  } else if (clicked && !map.cells[index].is_empty()) {
    select_point(context.state, *map.cells[index].point);
    if (queued[index]) measure(context, map, choice, here, here);
  } else if (clicked && can_measure) {
    measure(context, map, choice, here, here);
  }
}

HeatLens::Place HeatLens::place_of_keys(const HeatMap& map, unsigned item) {
  const Place before = {std::min(at_keys_.column, map.x.size() - 1), std::min(at_keys_.row, map.y.size() - 1)};
  const ArrowSteps steps = take_arrows(item);
  const auto moved = [](std::size_t from, int by, std::size_t count) {
    return static_cast<std::size_t>(
        std::clamp<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(from) + by, 0, static_cast<std::ptrdiff_t>(count) - 1));
  };
  at_keys_ = {moved(before.column, steps.right, map.x.size()), moved(before.row, -steps.down, map.y.size())};
  if (at_keys_ == before) return at_keys_;
  if (!ImGui::GetIO().KeyShift) {
    keys_from_.reset();
  } else if (!keys_from_) {
    keys_from_ = before;
  }
  return at_keys_;
}

std::vector<bool> HeatLens::queued_cells(const ViewContext& context, const HeatMap& map, const HeatChoice& choice) {
  std::vector<bool> queued(map.cells.size(), false);
  const Waiting& waiting = context.snapshot.waiting;
  if (!waiting.queued) return queued;
  const std::string& variant = context.state.selected_variant;
  if (queued_ != waiting.queued || queued_x_ != map.x || queued_y_ != map.y || !(queued_choice_ == choice) ||
      queued_variant_ != variant) {
    queued_places_ = cells_of(context.state, choice, map, *waiting.queued);
    queued_ = waiting.queued;
    queued_x_ = map.x;
    queued_y_ = map.y;
    queued_choice_ = choice;
    queued_variant_ = variant;
  }
  for (std::size_t i = waiting.begun; i < queued_places_.size(); ++i) {
    if (queued_places_[i]) queued[*queued_places_[i]] = true;
  }
  return queued;
}

void HeatLens::measure(ViewContext& context, const HeatMap& map, const HeatChoice& choice, Place from, Place to) const {
  std::vector<PointRequest> points;
  for (std::size_t row = std::min(from.row, to.row); row <= std::max(from.row, to.row); ++row) {
    for (std::size_t column = std::min(from.column, to.column); column <= std::max(from.column, to.column); ++column) {
      std::vector<PointRequest> cell =
          cell_requests(context.snapshot, context.state, choice, map.x[column], map.y[row]);
      std::move(cell.begin(), cell.end(), std::back_inserter(points));
      // What a sweep has queued there, with whatever knobs, comes first, too.
      const std::size_t index = row * map.x.size() + column;
      for (std::size_t i = context.snapshot.waiting.begun; i < queued_places_.size(); ++i) {
        if (queued_places_[i] != index) continue;
        points.push_back((*queued_)[i]);
        points.back().id = 0;
      }
    }
  }
  points = missing_points(std::move(points), *context.snapshot.points, *context.snapshot.catalog);
  if (points.empty()) return;
  context.commands.post(worker::MeasurePoints{coarse_to_fine(std::move(points)), {}, true});
}

}  // namespace knobscope::gui
