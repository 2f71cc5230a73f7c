#include "gui/widgets/series_marker.h"

#include <array>

namespace knobscope::gui {
namespace {

void draw_triangle(ImDrawList* list, ImVec2 c, float r, ImVec2 direction, ImU32 fill, ImU32 outline) {
  // An equilateral triangle whose tip looks along `direction`.
  const ImVec2 side = {-direction.y, direction.x};
  const ImVec2 tip = {c.x + direction.x * r, c.y + direction.y * r};
  const ImVec2 a = {c.x - direction.x * r * 0.6F + side.x * r * 0.95F,
                    c.y - direction.y * r * 0.6F + side.y * r * 0.95F};
  const ImVec2 b = {c.x - direction.x * r * 0.6F - side.x * r * 0.95F,
                    c.y - direction.y * r * 0.6F - side.y * r * 0.95F};
  list->AddTriangleFilled(tip, a, b, fill);
  list->AddTriangle(tip, a, b, outline);
}

}  // namespace

void draw_series_marker(ImDrawList* list, const Theme& theme, ImVec2 center, float radius, int slot) {
  const SeriesStyle style = theme.series_style(slot);
  const ImU32 fill = packed(style.color);
  // Only a light ground needs an edge around pale colours.
  const ImU32 outline = theme.name == ThemeName::light ? packed(style.outline, 0.6F) : 0U;
  const float r = radius;
  switch (style.marker) {
    case ImPlotMarker_Square: {
      const float h = r * 0.82F;
      list->AddRectFilled({center.x - h, center.y - h}, {center.x + h, center.y + h}, fill, r * 0.15F);
      list->AddRect({center.x - h, center.y - h}, {center.x + h, center.y + h}, outline, r * 0.15F);
      break;
    }
    case ImPlotMarker_Diamond: {
      const float h = r * 1.1F;
      const std::array<ImVec2, 4> p = {ImVec2{center.x, center.y - h}, ImVec2{center.x + h, center.y},
                                       ImVec2{center.x, center.y + h}, ImVec2{center.x - h, center.y}};
      list->AddQuadFilled(p[0], p[1], p[2], p[3], fill);
      list->AddQuad(p[0], p[1], p[2], p[3], outline);
      break;
    }
    case ImPlotMarker_Plus: {
      const float t = r * 0.36F;
      list->AddRectFilled({center.x - r, center.y - t}, {center.x + r, center.y + t}, fill, t * 0.4F);
      list->AddRectFilled({center.x - t, center.y - r}, {center.x + t, center.y + r}, fill, t * 0.4F);
      break;
    }
    case ImPlotMarker_Up:
      draw_triangle(list, center, r * 1.1F, {0.0F, -1.0F}, fill, outline);
      break;
    case ImPlotMarker_Down:
      draw_triangle(list, center, r * 1.1F, {0.0F, 1.0F}, fill, outline);
      break;
    case ImPlotMarker_Left:
      draw_triangle(list, center, r * 1.1F, {-1.0F, 0.0F}, fill, outline);
      break;
    case ImPlotMarker_Right:
      draw_triangle(list, center, r * 1.1F, {1.0F, 0.0F}, fill, outline);
      break;
    default:
      list->AddCircleFilled(center, r, fill);
      list->AddCircle(center, r, outline);
      break;
  }
}

void series_marker(const Theme& theme, int slot) {
  const float height = ImGui::GetTextLineHeight();
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float radius = theme.px(4.0F);
  draw_series_marker(ImGui::GetWindowDrawList(), theme, {at.x + radius, at.y + height * 0.5F}, radius, slot);
  ImGui::Dummy({radius * 2.0F, height});
  ImGui::SameLine(0.0F, theme.px(8.0F));
}

}  // namespace knobscope::gui
