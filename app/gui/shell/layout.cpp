#include "gui/shell/layout.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <numbers>
#include <set>
#include <vector>

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

enum class Place : std::uint8_t { problem, knobs, variants, plot, lower_left, lower_right, bottom, right };

/// Panels that share a place, the front one first.
struct Group {
  Place place;
  std::vector<std::string_view> titles;
};

std::vector<Group> groups_of(Room room, Purpose purpose) {
  std::vector<Group> groups;
  if (room != Room::wide) {
    groups.push_back({Place::problem, {"Problem", "Knobs"}});
  } else {
    groups.push_back({Place::problem, {"Problem"}});
    groups.push_back({Place::knobs, {"Knobs"}});
  }
  groups.push_back({Place::variants, {"Variants"}});
  if (purpose == Purpose::judging) {
    groups.push_back({Place::plot, {"Error", "Throughput"}});
    groups.push_back({Place::right, {"Kernel"}});
    if (room == Room::low) {
      groups.push_back({Place::bottom, {"Results", "Error map", "Scope", "Time", "Sweep", "Log"}});
      return groups;
    }
    groups.push_back({Place::lower_left, {"Error map", "Scope", "Time", "Sweep"}});
    groups.push_back({Place::bottom, {"Results", "Log"}});
    return groups;
  }
  groups.push_back({Place::plot, {"Throughput", "Error"}});
  if (room == Room::low) {
    groups.push_back({Place::bottom, {"Results", "Scope", "Time", "Sweep", "Error map", "Kernel", "Log"}});
    return groups;
  }
  groups.push_back({Place::lower_left, {"Scope", "Time", "Sweep"}});
  groups.push_back({Place::lower_right, {"Error map"}});
  if (room == Room::compact) {
    groups.push_back({Place::bottom, {"Results", "Kernel", "Log"}});
  } else {
    groups.push_back({Place::right, {"Kernel"}});
    groups.push_back({Place::bottom, {"Results", "Log"}});
  }
  return groups;
}

/// A node for each place that a group needs.
std::map<Place, ImGuiID> split_up(ImGuiID whole, ImVec2 design, Purpose purpose, const Theme& theme) {
  const Room room = room_of(design);
  const bool compact = room != Room::wide;
  std::map<Place, ImGuiID> nodes;
  ImGuiID rest = whole;
  ImGuiID left = split(rest, ImGuiDir_Left, std::clamp(design.x * 0.215F, 316.0F, 372.0F), theme);
  nodes[Place::problem] = split(left, ImGuiDir_Up, compact ? std::min(336.0F, design.y * 0.56F) : 328.0F, theme);
  // Two rows of dials and the facts below them, where there is room for the variants still.
  if (!compact) nodes[Place::knobs] = split(left, ImGuiDir_Up, std::clamp(design.y * 0.26F, 200.0F, 288.0F), theme);
  nodes[Place::variants] = left;
  const bool judging = purpose == Purpose::judging;
  // Judging, the source has the whole height; else the results have the whole width.
  if (judging) nodes[Place::right] = split(rest, ImGuiDir_Right, std::clamp(design.x * 0.36F, 440.0F, 720.0F), theme);
  const float bottom_share = room == Room::low ? 0.32F : compact ? 0.234F : 0.26F;
  nodes[Place::bottom] = split(rest, ImGuiDir_Down, std::clamp(design.y * bottom_share, 168.0F, 320.0F), theme);
  if (!judging && !compact) {
    nodes[Place::right] = split(rest, ImGuiDir_Right, std::clamp(design.x * 0.245F, 360.0F, 480.0F), theme);
  }
  if (room == Room::low) {
    nodes[Place::plot] = rest;
    return nodes;
  }
  const ImGuiDockNode* centre = ImGui::DockBuilderGetNode(rest);
  const float lower_height = std::clamp(centre->Size.y / theme.scale * 0.42F, 176.0F, 360.0F);
  ImGuiID lower = split(rest, ImGuiDir_Down, lower_height, theme);
  if (!judging) {
    const float lower_width = ImGui::DockBuilderGetNode(lower)->Size.x / theme.scale;
    nodes[Place::lower_right] = split(lower, ImGuiDir_Right, lower_width * 0.5F, theme);
  }
  nodes[Place::lower_left] = lower;
  nodes[Place::plot] = rest;
  return nodes;
}

/// Whether the panels that are drawn lie in these groups and nowhere else.
bool lies_in(const std::vector<Group>& groups) {
  std::map<ImGuiID, Place> place_of_node;
  std::set<Place> met;
  for (const Group& group : groups) {
    for (const std::string_view title : group.titles) {
      const ImGuiWindow* window = ImGui::FindWindowByName(window_id(title).c_str());
      if (window == nullptr || !window->WasActive) continue;
      if (window->DockId == 0) return false;
      const auto [node, is_new] = place_of_node.emplace(window->DockId, group.place);
      if (node->second != group.place) return false;
      if (is_new && !met.insert(group.place).second) return false;
    }
  }
  return !met.empty();
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

Room room_of(ImVec2 design_size) {
  if (design_size.y < 560.0F) return Room::low;
  return design_size.x < 1440.0F || design_size.y < 800.0F ? Room::compact : Room::wide;
}

std::string_view name_of(Room room) {
  switch (room) {
    case Room::low:
      return "low";
    case Room::compact:
      return "compact";
    case Room::wide:
      break;
  }
  return "wide";
}

void build_layout(ImGuiID id, ImVec2 size, const Theme& theme, Purpose purpose) {
  const ImVec2 design = {size.x / theme.scale, size.y / theme.scale};
  ImGui::DockBuilderRemoveNode(id);
  ImGui::DockBuilderAddNode(id, ImGuiDockNodeFlags_DockSpace);
  ImGui::DockBuilderSetNodeSize(id, size);
  const std::map<Place, ImGuiID> nodes = split_up(id, design, purpose, theme);
  for (const Group& group : groups_of(room_of(design), purpose)) {
    for (const std::string_view title : group.titles) {
      ImGui::DockBuilderDockWindow(window_id(title).c_str(), nodes.at(group.place));
    }
  }
  ImGui::DockBuilderFinish(id);
  for (const Group& group : groups_of(room_of(design), purpose)) {
    bring_to_front(nodes.at(group.place), group.titles.front());
  }
}

bool lies_as_built(Purpose purpose) {
  return std::ranges::any_of(kRooms, [purpose](Room room) { return lies_in(groups_of(room, purpose)); });
}

void bring_panel_to_front(std::string_view title) {
  const ImGuiWindow* window = ImGui::FindWindowByName(window_id(title).c_str());
  if (window == nullptr || window->DockNode == nullptr || window->DockNode->TabBar == nullptr) return;
  window->DockNode->TabBar->NextSelectedTabId = window->TabId;
}

void bring_fronts_forward(Purpose purpose) {
  const auto room = std::ranges::find_if(kRooms, [purpose](Room each) { return lies_in(groups_of(each, purpose)); });
  for (const Group& group : groups_of(room == kRooms.end() ? Room::wide : *room, purpose)) {
    if (group.titles.size() > 1) bring_panel_to_front(group.titles.front());
  }
}

void draw_panel_edges(ImGuiID id, const Theme& theme) { draw_edges_of(ImGui::DockBuilderGetNode(id), theme); }

}  // namespace knobscope::gui
