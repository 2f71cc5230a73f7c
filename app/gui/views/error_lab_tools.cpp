#include "gui/views/error_lab_tools.h"

#include <algorithm>

#include <fmt/format.h>

#include "gui/views/error_lab_choices.h"
#include "gui/widgets/chip.h"
#include "gui/widgets/format_number.h"
#include "gui/widgets/panel.h"
#include "gui/widgets/segmented.h"

namespace knobscope::gui {
namespace {

/// The next control stands on the same line where it has room there.
void flow(const Theme& theme, float width) {
  const float gap = theme.px(4.0F);
  const float right = ImGui::GetWindowPos().x + ImGui::GetContentRegionMax().x;
  if (ImGui::GetItemRectMax().x + gap + width <= right) ImGui::SameLine(0.0F, gap);
}

/// A button that names what is chosen and opens the list; the index of what was picked, or -1.
int choose(const Theme& theme, const char* id, const std::string& chosen, const std::vector<std::string>& choices,
           const char* tip, bool enabled) {
  const std::string list = std::string(id) + " list";
  const std::string label = chosen + " ▾";
  flow(theme, button_width(theme, label));
  if (button(theme, id, label, {}, ButtonKind::quiet, enabled)) ImGui::OpenPopup(list.c_str());
  if (ImGui::IsItemHovered()) show_tip(theme, tip);
  int picked = -1;
  if (!ImGui::BeginPopup(list.c_str())) return picked;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (ImGui::MenuItem(choices[i].c_str(), nullptr, choices[i] == chosen)) picked = static_cast<int>(i);
  }
  ImGui::EndPopup();
  return picked;
}

void choose_output(const ViewContext& context, ErrorLab& lab, const Point& point, bool enabled) {
  std::vector<std::string> names;
  for (const OutputError& output : point.error->outputs) names.push_back(output.output);
  const std::string now(output_in(lab, point.request.problem).name);
  const int picked = choose(context.theme, "output", now, names, "Which output is looked at.", enabled);
  if (picked >= 0 && names[static_cast<std::size_t>(picked)] != now) {
    show_output(lab, names[static_cast<std::size_t>(picked)]);
  }
}

void choose_measure(const ViewContext& context, ErrorLab& lab, bool enabled) {
  std::vector<std::string> titles;
  for (const ErrorMeasure measure : kErrorMeasures) titles.push_back(title_of(measure));
  const int picked = choose(context.theme, "measure", title_of(lab.measure), titles,
                            "What a tile is the largest of: |value − reference|; the same over what is allowed at that "
                            "element (above 1 is wrong); or over the distance of neighbouring numbers of the type.",
                            enabled);
  if (picked >= 0) show_measure(lab, kErrorMeasures[static_cast<std::size_t>(picked)]);
}

void choose_slice(const ViewContext& context, ErrorLab& lab, const Point& point, bool enabled) {
  const std::vector<Plane> planes = planes_of(lab, point.request.problem);
  if (planes.empty()) return;
  std::vector<std::string> titles;
  std::string now = planes.front().title;
  for (const Plane& plane : planes) {
    titles.push_back(plane.title);
    if (is_shown(lab, plane)) now = plane.title;
  }
  const int picked =
      choose(context.theme, "slice", now, titles,
             "All of the tensor as rows and columns, or the plane that two of its dimensions span.", enabled);
  if (picked >= 0) show_plane(lab, planes[static_cast<std::size_t>(picked)]);
}

/// Where the dimensions stand that a slice does not show.
void choose_indices(const ViewContext& context, ErrorLab& lab, const Point& point) {
  if (!lab.slice) return;
  const Theme& theme = context.theme;
  const Problem& problem = point.request.problem;
  const std::vector<TensorDim> dims = dims_of(problem, output_in(lab, problem));
  if (lab.slice->at.size() != dims.size()) return;
  bool first = true;
  for (int dim = 0; dim < static_cast<int>(dims.size()); ++dim) {
    if (dim == lab.slice->row_dim || dim == lab.slice->column_dim) continue;
    const TensorDim& info = dims[static_cast<std::size_t>(dim)];
    if (!first) ImGui::SameLine(0.0F, theme.px(12.0F));
    first = false;
    ImGui::AlignTextToFramePadding();
    text_in(theme.fonts.words, text_size::small, theme.quiet, info.name);
    ImGui::SameLine(0.0F, theme.px(6.0F));
    ImGui::SetNextItemWidth(theme.px(72.0F));
    const std::int64_t least = 0;
    const std::int64_t most = info.extent - 1;
    const float speed = std::clamp(static_cast<float>(info.extent) / 200.0F, 0.1F, 64.0F);
    ImGui::DragScalar(("##" + info.name).c_str(), ImGuiDataType_S64, &lab.slice->at[static_cast<std::size_t>(dim)],
                      speed, &least, &most, nullptr, ImGuiSliderFlags_AlwaysClamp);
    if (ImGui::IsItemHovered()) {
      show_tip(theme,
               fmt::format("Index along {}, 0 to {}. Drag, or double-click and type.", info.name, format_count(most)));
    }
  }
}

void choose_beside(const ViewContext& context, ErrorLab& lab, const Point& point, bool enabled) {
  // Recordings, which may be long, cannot be looked at closely.
  const std::vector<PointPtr> others =
      enabled ? points_beside(context.snapshot, context.state, point) : std::vector<PointPtr>();
  std::vector<std::string> titles = {"no second map"};
  std::string now = "beside";
  for (const PointPtr& other : others) {
    titles.push_back(other->variant_title);
    if (other->request.variant == lab.beside) now = other->variant_title;
  }
  now = shortened(context.theme.fonts.words, text_size::body, now, context.theme.px(120.0F));
  const int picked =
      choose(context.theme, "beside", now, titles,
             "The map of a second variant on the same problem: both show the same part.", enabled && !others.empty());
  if (picked < 0) return;
  show_beside(lab, picked == 0 ? std::string() : others[static_cast<std::size_t>(picked - 1)]->request.variant);
}

}  // namespace

void draw_error_tools(ViewContext& context, ErrorLab& lab, const Point& point, bool closely) {
  const Theme& theme = context.theme;
  ImGui::Dummy({0.0F, 0.0F});  // where the first control begins
  ImGui::SameLine(0.0F, 0.0F);
  choose_output(context, lab, point, closely);
  choose_measure(context, lab, closely);
  choose_slice(context, lab, point, closely);
  choose_beside(context, lab, point, closely);
  flow(theme, button_width(theme, "First bad"));
  const OutputError* stored = stored_error(lab, point);
  const bool has_bad = stored != nullptr && stored->first_bad.has_value();
  const std::int64_t bad = has_bad ? stored->first_bad.value_or(0) : 0;
  if (button(theme, "first bad", "First bad", {}, ButtonKind::plain, closely && has_bad)) {
    go_to_first_bad(lab, point);
  }
  if (ImGui::IsItemHovered()) {
    show_tip(theme, has_bad ? fmt::format("Goes to the first element past tolerance, index {}: {}, should be {}.",
                                          format_count(bad), format_value(stored->first_bad_value, 6),
                                          format_value(stored->first_bad_reference, 6))
                            : std::string("No element is past tolerance."));
  }
  flow(theme, button_width(theme, "All"));
  const bool is_part = lab.window != ErrorWindow{};
  if (button(theme, "all", "All", {}, ButtonKind::quiet, is_part)) show_all(lab);
  if (ImGui::IsItemHovered()) show_tip(theme, "All of it again; a double-click on the map does the same.");
  const char* size = lab.large ? "Close" : "Large";
  const float width = button_width(theme, size, lab.large ? "Esc" : "");
  flow(theme, width);
  ImGui::SetCursorPosX(std::max(ImGui::GetContentRegionMax().x - width, ImGui::GetCursorPosX()));
  if (button(theme, "large", size, lab.large ? "Esc" : "")) lab.large = !lab.large;
  choose_indices(context, lab, point);
}

}  // namespace knobscope::gui
