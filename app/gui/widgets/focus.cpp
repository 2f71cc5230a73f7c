#include "gui/widgets/focus.h"

#include <imgui_internal.h>

namespace knobscope::gui {

namespace {

/// ImGui gives a window that is clicked into a focused item, seen or not. Keys are an item's only where it is seen to
/// have them, or was clicked last: that is kept with the window.
bool keys_are_of(ImGuiID item) {
  ImGuiStorage& storage = *ImGui::GetStateStorage();
  if (ImGui::GetFocusID() == item) return ImGui::GetIO().NavVisible || storage.GetBool(item);
  if (storage.GetBool(item)) storage.SetBool(item, false);
  return false;
}

}  // namespace

FocusStop focus_stop(const char* id, ImVec2 at, ImVec2 size) {
  FocusStop stop;
  stop.id = ImGui::GetID(id);
  const ImRect rect(at, {at.x + size.x, at.y + size.y});
  const bool visible = ImGui::ItemAdd(rect, stop.id);
  const ImGuiContext& imgui = *ImGui::GetCurrentContext();
  if ((imgui.LastItemData.ItemFlags & ImGuiItemFlags_Disabled) != 0) return stop;
  if (visible) ImGui::RenderNavCursor(rect, stop.id);
  stop.focused = keys_are_of(stop.id) && ImGui::IsWindowFocused();
  stop.pressed = imgui.NavActivatePressedId == stop.id;
  return stop;
}

void focus_on(const FocusStop& stop) {
  ImGui::SetFocusID(stop.id, ImGui::GetCurrentWindow());
  ImGui::GetStateStorage()->SetBool(stop.id, true);
}

bool has_keys() {
  if (ImGui::IsItemActivated()) ImGui::GetStateStorage()->SetBool(ImGui::GetItemID(), true);
  return keys_are_of(ImGui::GetItemID());
}

ArrowSteps take_arrows(ImGuiID item, bool both) {
  ArrowSteps steps;
  if (ImGui::GetIO().WantTextInput || ImGui::GetIO().KeyCtrl) return steps;
  const auto pressed = [](ImGuiKey key) { return ImGui::IsKeyPressed(key) ? 1 : 0; };
  own_keys(item, {ImGuiKey_LeftArrow, ImGuiKey_RightArrow});
  steps.right = pressed(ImGuiKey_RightArrow) - pressed(ImGuiKey_LeftArrow);
  if (!both) return steps;
  own_keys(item, {ImGuiKey_UpArrow, ImGuiKey_DownArrow});
  steps.down = pressed(ImGuiKey_DownArrow) - pressed(ImGuiKey_UpArrow);
  return steps;
}

void own_keys(ImGuiID item, std::initializer_list<ImGuiKey> keys) {
  for (const ImGuiKey key : keys) ImGui::SetKeyOwner(key, item);
}

bool is_led_by_keys() { return ImGui::IsItemFocused() && ImGui::GetIO().NavVisible; }

}  // namespace knobscope::gui
