#include "gui/shell/panel_focus.h"

#include <vector>

#include <imgui_internal.h>

namespace knobscope::gui {
namespace {

bool is_seen(const ImGuiWindow* window) {
  if (window == nullptr || !window->WasActive || window->Hidden) return false;
  return window->DockNode == nullptr || window->DockNode->VisibleWindow == window;
}

}  // namespace

bool focus_window(const std::string& name) {
  ImGuiWindow* window = ImGui::FindWindowByName(name.c_str());
  if (!is_seen(window)) return false;
  ImGui::FocusWindow(window, ImGuiFocusRequestFlags_RestoreFocusedChild);
  if (window->NavLastIds[0] == 0) ImGui::NavInitWindow(window, false);
  ImGui::SetNavCursorVisible(true);
  return true;
}

void focus_beside(std::span<const std::string> windows, int step) {
  const ImGuiWindow* focused = ImGui::GetCurrentContext()->NavWindow;
  if (focused != nullptr) focused = focused->RootWindow;
  std::vector<const std::string*> seen;
  std::ptrdiff_t at = -1;
  for (const std::string& name : windows) {
    const ImGuiWindow* window = ImGui::FindWindowByName(name.c_str());
    if (!is_seen(window)) continue;
    if (window->RootWindow == focused) at = static_cast<std::ptrdiff_t>(seen.size());
    seen.push_back(&name);
  }
  if (seen.empty()) return;
  const auto count = static_cast<std::ptrdiff_t>(seen.size());
  const std::ptrdiff_t next = at < 0 ? (step > 0 ? 0 : count - 1) : (at + step % count + count) % count;
  focus_window(*seen[static_cast<std::size_t>(next)]);
}

}  // namespace knobscope::gui
