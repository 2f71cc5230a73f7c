#include "gui/views/error_map_view.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <imgui_internal.h>

#include "gui/views/error_lab_choices.h"
#include "gui/views/error_lab_map.h"
#include "gui/views/error_lab_side.h"
#include "gui/views/error_lab_tools.h"
#include "gui/views/point_index.h"
#include "gui/views/series.h"
#include "gui/widgets/chip.h"
#include "gui/widgets/format_number.h"
#include "gui/widgets/panel.h"
#include "gui/widgets/segmented.h"
#include "gui/widgets/verdict_badge.h"

namespace knobscope::gui {
namespace {

constexpr float kSideWidth = 176.0F;     // design pixels of the column of figures
constexpr float kWideSide = 232.0F;      // where two variants stand in it, or all is large
constexpr float kRoomForTools = 210.0F;  // panels lower than this keep their height for the map
constexpr float kTile = 4.0F;            // design pixels that a tile takes at least
constexpr float kLineHeight = 23.0F;     // of the column of figures
constexpr float kHistogramHeight = 132.0F;

/// The two ranges cover what all pictures show, so that a colour means the same in each.
ErrorScale common_scale(std::span<const ErrorPicture> pictures) {
  std::optional<ErrorScale> common;
  for (const ErrorPicture& picture : pictures) {
    for (const ErrorLayer& layer : picture.layers) {
      const ErrorScale scale = error_scale_of(*layer.map);
      if (!common) {
        common = scale;
        continue;
      }
      common->low = std::min(common->low, scale.low);
      common->high = std::max(common->high, scale.high);
    }
  }
  return common.value_or(ErrorScale{});
}

/// Tiles that were stored with the point and the finer ones that the device has sent.
ErrorPicture picture_of(const ErrorLab& lab, const ErrorSubject& subject, const char* id) {
  const Point& point = *subject.point;
  const Problem& problem = point.request.problem;
  ErrorPicture picture;
  picture.id = id;
  picture.view = view_in(lab, problem);
  picture.window = settled(lab.window, picture.view);
  picture.marked = lab.marked;
  const bool stored_is_this = &output_in(lab, problem) == outputs_of(problem.operation).front() && !lab.slice &&
                              lab.measure == ErrorMeasure::absolute;
  const auto& stored = point.error->map;
  if (stored_is_this && stored && stored->tile_rows > 0) {
    picture.layers.push_back({stored, {0, 0, picture.view.rows, picture.view.columns}});
  }
  if (subject.region && subject.region->fault.empty() && subject.region->view == picture.view) {
    picture.layers.push_back({subject.region->map, subject.region->request.area});
    picture.region = subject.region;
  }
  return picture;
}

std::string what_is_shown(const ErrorPicture& picture, bool waits) {
  const Area area = area_of(picture.window, picture.view);
  std::string text =
      fmt::format("rows {} … {} · columns {} … {}", format_count(area.row), format_count(area.row + area.rows - 1),
                  format_count(area.column), format_count(area.column + area.columns - 1));
  if (waits) return text + " · looking …";
  if (picture.layers.empty()) return text;
  const ErrorLayer& finest = picture.layers.back();
  const auto share = [](std::int64_t elements, int tiles) {
    return std::max<std::int64_t>((elements + tiles / 2) / tiles, 1);
  };
  const std::int64_t down = share(finest.area.rows, finest.map->tile_rows);
  const std::int64_t across = share(finest.area.columns, finest.map->tile_columns);
  return text + (down * across == 1
                     ? " · each cell is one element"
                     : fmt::format(" · {} × {} elements a tile", format_count(down), format_count(across)));
}

/// The point in focus and the one beside it.
std::vector<ErrorSubject> subjects_of(const ViewContext& context, const ErrorLab& lab, const PointPtr& point) {
  const auto slots = series_slots(context.snapshot, point->request.problem.operation,
                                  device_kind_of(context.snapshot, point->request.device), &context.index);
  const auto slot_of = [&](const PointPtr& each) {
    const auto slot = slots.find(each->request.variant);
    return slot == slots.end() ? 0 : slot->second;
  };
  std::vector<ErrorSubject> subjects = {{point, nullptr, slot_of(point)}};
  if (lab.beside.empty()) return subjects;
  for (const PointPtr& other : points_beside(context.snapshot, context.state, *point)) {
    if (other->request.variant == lab.beside) subjects.push_back({other, nullptr, slot_of(other)});
  }
  return subjects;
}

/// Asks for what is on screen and takes what was answered. Whether an answer is still to come.
bool look_closely(ViewContext& context, ErrorLab& lab, std::vector<ErrorSubject>& subjects, ImVec2 size) {
  bool waits = false;
  const float tile = context.theme.px(kTile);
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    const ErrorRequest request = request_for(lab, *subjects[i].point, static_cast<int>(i),
                                             static_cast<int>(size.y / tile), static_cast<int>(size.x / tile));
    ask(lab, context.snapshot, context.commands, request);
    subjects[i].region = answer_to(context.snapshot, request);
    const ErrorRegionPtr& region = subjects[i].region;
    waits = waits || !region || (region->fault.empty() && region->request.area != request.area);
  }
  return waits;
}

void draw_note(const Theme& theme, const ImVec4& ink, const std::string& text, float width) {
  text_in(theme.fonts.words, text_size::caption, ink, shortened(theme.fonts.words, text_size::caption, text, width));
}

/// What a person should know of the run that is looked at.
std::optional<std::string> warning_of(const ErrorLab& lab, const ErrorSubject& subject) {
  const ErrorRegionPtr& region = subject.region;
  if (!region) return std::nullopt;
  if (!region->fault.empty()) return region->fault;
  const OutputError* stored = stored_error(lab, *subject.point);
  if (stored == nullptr || !stored->first_bad || region->error.failing > 0) return std::nullopt;
  const auto place = find_in(region->view, *stored->first_bad);
  const Area& area = region->request.area;
  const bool seen = place && place->first >= area.row && place->second >= area.column &&
                    place->first < area.row + area.rows && place->second < area.column + area.columns;
  if (!seen) return std::nullopt;
  return "right in the run that is looked at; the point was wrong in a later one";
}

void draw_maps(ViewContext& context, ErrorLab& lab, std::vector<ErrorSubject>& subjects, ImVec2 size, bool closely,
               bool roomy) {
  const Theme& theme = context.theme;
  const float gap = theme.px(8.0F);
  const float line = text_size::caption * theme.scale + theme.px(4.0F);
  const auto count = static_cast<float>(subjects.size());
  const float titles = subjects.size() > 1 ? line : 0.0F;
  const ImVec2 each = {
      std::floor((size.x - gap * (count - 1.0F)) / count),
      std::max(size.y - error_legend_height(theme) - gap - titles - (roomy ? line : 0.0F), theme.px(32.0F))};
  const bool asks = closely && lab.closely;
  const bool waits = asks && look_closely(context, lab, subjects, each);
  std::vector<ErrorPicture> pictures;
  std::vector<std::string> names;
  constexpr const char* ids[] = {"map", "second map"};
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    pictures.push_back(picture_of(lab, subjects[i], ids[i]));
    names.push_back(subjects[i].point->variant_title);
  }
  const ErrorScale scale = common_scale(pictures);
  if (roomy) {
    std::string note = what_is_shown(pictures.front(), waits);
    const ImVec4* ink = &theme.quiet;
    if (!closely) note = *why_not_closely(context.snapshot, context.state, *subjects.front().point);
    for (const ErrorSubject& subject : subjects) {
      if (const auto warning = warning_of(lab, subject)) {
        note = *warning;
        ink = &theme.wrong.ink;
      }
    }
    draw_note(theme, *ink, note, size.x);
  }
  const ImVec2 origin = ImGui::GetCursorScreenPos();
  std::optional<ErrorPlace> pointed;
  std::optional<ErrorWindow> next;
  const std::optional<ErrorPlace> linked = subjects.size() > 1 ? lab.pointed : std::nullopt;
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    pictures[i].scale = scale;
    const float x = origin.x + (each.x + gap) * static_cast<float>(i);
    if (titles > 0.0F) {
      ImGui::GetWindowDrawList()->AddText(theme.fonts.words, text_size::caption * theme.scale, {x, origin.y},
                                          packed(theme.text),
                                          shortened(theme.fonts.words, text_size::caption, names[i], each.x).c_str());
    }
    ImGui::SetCursorScreenPos({x, origin.y + titles});
    const ErrorGesture gesture = draw_error_picture(context, pictures[i], each, linked);
    if (gesture.hovered) pointed = gesture.hovered;
    if (gesture.window) next = gesture.window;
  }
  lab.pointed = pointed;
  if (pointed) {
    error_tip(context, lab, subjects.front().point->request.problem, *pointed, pictures, names);
  }
  if (next && closely) {
    lab.window = *next;
    lab.closely = true;
  }
  ImGui::SetCursorScreenPos({origin.x, origin.y + titles + each.y + gap});
  draw_error_legend(context, scale, lab.measure, size.x);
}

void draw_side(ViewContext& context, ErrorLab& lab, const std::vector<ErrorSubject>& subjects, ImVec2 size, bool roomy,
               bool closely) {
  const Theme& theme = context.theme;
  const float top = ImGui::GetCursorPosY();
  const float lines = size.y / theme.px(kLineHeight);
  const bool asked = std::ranges::any_of(subjects, [](const ErrorSubject& each) { return each.region != nullptr; });
  const float below = roomy && asked ? theme.px(kHistogramHeight) : control_height(theme) + theme.px(4.0F);
  const int rows = static_cast<int>(lines - below / theme.px(kLineHeight)) - static_cast<int>(subjects.size());
  draw_error_figures(context, lab, subjects, std::max(rows, 1));
  const float left = size.y - (ImGui::GetCursorPosY() - top);
  if (roomy && asked) {
    draw_ulp_histogram(context, subjects,
                       {size.x, std::min(left - theme.px(16.0F), theme.px(kHistogramHeight * 2.0F))});
  } else if (roomy) {
    if (button(theme, "closely", "Look closely", {}, ButtonKind::plain, closely)) lab.closely = true;
    if (ImGui::IsItemHovered()) {
      show_tip(theme,
               "Runs the point once more, untimed, and asks the device for what is on screen: finer tiles, the "
               "histogram of ULP errors, and single elements. So does the wheel.");
    }
  } else if (button(theme, "large", "Closer…", {})) {
    lab.large = true;
    lab.closely = closely;
  }
}

void draw_lab(ViewContext& context, ErrorLab& lab, const PointPtr& point) {
  const Theme& theme = context.theme;
  follow(lab, point->request.problem);
  const bool closely = !why_not_closely(context.snapshot, context.state, *point);
  const bool roomy = ImGui::GetContentRegionAvail().y > theme.px(kRoomForTools);
  if (roomy) draw_error_tools(context, lab, *point, closely);
  std::vector<ErrorSubject> subjects = subjects_of(context, lab, point);
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const float gap = theme.px(16.0F);
  const float side = theme.px(lab.large || subjects.size() > 1 ? kWideSide : kSideWidth);
  const bool beside = room.x > side + theme.px(160.0F);
  const ImVec2 maps = {beside ? room.x - side - gap : room.x, beside ? room.y : room.y * 0.6F};
  const float top = ImGui::GetCursorPosY();
  ImGui::BeginGroup();
  draw_maps(context, lab, subjects, maps, closely, roomy);
  ImGui::EndGroup();
  if (beside) ImGui::SameLine(0.0F, gap);
  if (beside) ImGui::SetCursorPosY(top);
  ImGui::BeginGroup();
  draw_side(context, lab, subjects, {ImGui::GetContentRegionAvail().x, ImGui::GetContentRegionAvail().y}, roomy,
            closely);
  ImGui::EndGroup();
}

/// Over the other panels.
void draw_large(ViewContext& context, ErrorLab& lab, const PointPtr& point) {
  const Theme& theme = context.theme;
  // Where the panels are: below the top bar and the bands.
  const ImGuiDockNode* node = ImGui::GetWindowDockNode();
  if (node != nullptr) node = ImGui::DockNodeGetRootNode(ImGui::GetCurrentWindow()->DockNode);
  const ImGuiViewport* viewport = ImGui::GetMainViewport();
  const ImVec2 at = node != nullptr ? node->Pos : viewport->WorkPos;
  const ImVec2 size = node != nullptr ? node->Size : viewport->WorkSize;
  ImGui::SetNextWindowPos(at);
  ImGui::SetNextWindowSize(size);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{theme.px(16.0F), theme.px(12.0F)});
  ImGui::PushStyleColor(ImGuiCol_WindowBg, theme.panel);
  ImGui::PushStyleColor(ImGuiCol_Border, theme.line);
  constexpr ImGuiWindowFlags flags =
      ImGuiWindowFlags_NoDocking | ImGuiWindowFlags_NoTitleBar | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoResize |
      ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoScrollWithMouse | ImGuiWindowFlags_NoScrollbar;
  ImGui::Begin("Error lab", nullptr, flags);
  draw_lab(context, lab, point);
  ImGui::End();
  ImGui::PopStyleColor(2);
  ImGui::PopStyleVar();
}

}  // namespace

void ErrorMapView::list_actions(ViewContext& context, ActionList& actions) { list_error_lab(context, actions); }

void ErrorMapView::draw(ViewContext& context) {
  const Theme& theme = context.theme;
  ErrorLab& lab = context.state.error_lab;
  const PointPtr point = focused_point(context.snapshot, context.state, &context.index);
  const OutputError* error = point && point->error ? point->error->main() : nullptr;
  if (error == nullptr) {
    lab.large = false;
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
  if (lab.large) {
    draw_large(context, lab, point);
    empty_state(theme, "The error map is large", "Esc brings it back here.");
  } else {
    draw_lab(context, lab, point);
  }
}

}  // namespace knobscope::gui
