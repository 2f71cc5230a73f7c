#include "gui/shell/layout.h"

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <numbers>

#include <fmt/format.h>
#include <imgui_internal.h>

namespace knobscope::gui {
namespace {

constexpr float kQuarter = std::numbers::pi_v<float> * 0.5F;

/// Splits off `length` design pixels at a side; returns the new node and leaves the rest in `rest`.
ImGuiID split(ImGuiID& rest, ImGuiDir side, float length, const Theme& theme) {
  const ImGuiDockNode* node = ImGui::DockBuilderGetNode(rest);
  const float whole = side == ImGuiDir_Left || side == ImGuiDir_Right ? node->Size.x : node->Size.y;
  const float ratio = std::clamp(theme.px(length) / std::max(whole, 1.0F), 0.1F, 0.9F);
  ImGuiID other = 0;
  const ImGuiID made = ImGui::DockBuilderSplitNode(rest, side, ratio, nullptr, &other);
  rest = other;
  return made;
}

void dock(ImGuiID node, std::initializer_list<std::string_view> titles) {
  for (const std::string_view title : titles) ImGui::DockBuilderDockWindow(window_id(title).c_str(), node);
}

/// Which tab of a group is in front: left alone it would be the one docked last.
void bring_to_front(ImGuiID node, std::string_view title) {
  const ImGuiID window = ImHashStr(window_id(title).c_str());
  if (ImGuiDockNode* found = ImGui::DockBuilderGetNode(node)) found->SelectedTabId = ImHashStr("#TAB", 0, window);
}

/// The part of a square corner that a rounded one leaves out, in the colour behind the panels.
void mask_corner(ImDrawList* list, ImVec2 corner, ImVec2 inward, float radius, ImU32 color) {
  const ImVec2 center = {corner.x + inward.x * radius, corner.y + inward.y * radius};
  const float start = inward.x > 0.0F ? (inward.y > 0.0F ? 2.0F : 1.0F) : (inward.y > 0.0F ? 3.0F : 0.0F);
  list->PathLineTo(corner);
  // Clockwise, as the fill expects.
  list->PathArcTo(center, radius, (start + 1.0F) * kQuarter, start * kQuarter);
  list->PathFillConcave(color);
}

void draw_edges_of(const ImGuiDockNode* node, const Theme& theme) {
  if (node == nullptr || !node->IsVisible) return;
  if (node->ChildNodes[0] != nullptr) {
    draw_edges_of(node->ChildNodes[0], theme);
    draw_edges_of(node->ChildNodes[1], theme);
    return;
  }
  if (node->HostWindow == nullptr || node->VisibleWindow == nullptr) return;
  const ImVec2 low = node->Pos;
  const ImVec2 high = {node->Pos.x + node->Size.x, node->Pos.y + node->Size.y};
  const float radius = theme.px(corner::panel);
  const ImU32 ground = packed(theme.ground);
  const ImU32 line = packed(theme.faint_line);
  // The title row belongs to the host, the rest to the panel, and the panel lies above: each gets its own corners.
  const float split_y = node->TabBar != nullptr && !node->IsHiddenTabBar() ? node->TabBar->BarRect.Max.y : low.y;
  for (ImGuiWindow* window : {node->HostWindow, node->VisibleWindow}) {
    ImDrawList* list = window->DrawList;
    const bool host = window == node->HostWindow;
    const ImVec2 clip_low = {low.x, host ? low.y : split_y};
    const ImVec2 clip_high = {high.x, host ? split_y : high.y};
    list->PushClipRect(clip_low, clip_high);
    mask_corner(list, low, {1.0F, 1.0F}, radius, ground);
    mask_corner(list, {high.x, low.y}, {-1.0F, 1.0F}, radius, ground);
    mask_corner(list, high, {-1.0F, -1.0F}, radius, ground);
    mask_corner(list, {low.x, high.y}, {1.0F, -1.0F}, radius, ground);
    list->AddRect({low.x + 0.5F, low.y + 0.5F}, {high.x - 0.5F, high.y - 0.5F}, line, radius);
    list->PopClipRect();
  }
}

}  // namespace

std::string window_id(std::string_view title) { return fmt::format("###{}", title); }

std::string window_name(std::string_view title) {
  std::string capitals(title);
  std::transform(capitals.begin(), capitals.end(), capitals.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return capitals + window_id(title);
}

bool is_compact(ImVec2 design_size) { return design_size.x < 1440.0F || design_size.y < 800.0F; }

void build_layout(ImGuiID id, ImVec2 size, const Theme& theme) {
  const ImVec2 design = {size.x / theme.scale, size.y / theme.scale};
  const bool compact = is_compact(design);
  ImGui::DockBuilderRemoveNode(id);
  ImGui::DockBuilderAddNode(id, ImGuiDockNodeFlags_DockSpace);
  ImGui::DockBuilderSetNodeSize(id, size);

  ImGuiID rest = id;
  ImGuiID left = split(rest, ImGuiDir_Left, std::clamp(design.x * 0.215F, 316.0F, 372.0F), theme);
  const ImGuiID problem = split(left, ImGuiDir_Up, compact ? 336.0F : 328.0F, theme);
  ImGuiID knobs = problem;
  if (!compact) knobs = split(left, ImGuiDir_Up, 200.0F, theme);

  const ImGuiID bottom = split(rest, ImGuiDir_Down, std::clamp(design.y * 0.26F, 168.0F, 320.0F), theme);
  ImGuiID right = bottom;
  if (!compact) right = split(rest, ImGuiDir_Right, std::clamp(design.x * 0.245F, 360.0F, 480.0F), theme);
  const ImGuiDockNode* centre = ImGui::DockBuilderGetNode(rest);
  const float lower_height = std::clamp(centre->Size.y / theme.scale * 0.42F, 176.0F, 360.0F);
  ImGuiID lower = split(rest, ImGuiDir_Down, lower_height, theme);
  const float lower_width = ImGui::DockBuilderGetNode(lower)->Size.x / theme.scale;
  const ImGuiID error_map = split(lower, ImGuiDir_Right, lower_width * 0.5F, theme);

  dock(problem, {"Problem"});
  dock(knobs, {"Knobs"});
  dock(left, {"Variants"});
  dock(rest, {"Throughput", "Error"});
  dock(lower, {"Scope"});
  dock(error_map, {"Error map"});
  dock(bottom, {"Results"});
  dock(right, {"Kernel"});
  dock(bottom, {"Log"});
  ImGui::DockBuilderFinish(id);
  bring_to_front(problem, "Problem");
  bring_to_front(rest, "Throughput");
  bring_to_front(bottom, "Results");
}

void draw_panel_edges(ImGuiID id, const Theme& theme) { draw_edges_of(ImGui::DockBuilderGetNode(id), theme); }

}  // namespace knobscope::gui
