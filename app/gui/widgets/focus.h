#pragma once
// The keyboard's focus in controls that are drawn by hand: where it stops, how it is seen, and which keys are theirs.

#include <initializer_list>

#include <imgui.h>

namespace knobscope::gui {

/// A place where the focus stops.
struct FocusStop {
  ImGuiID id = 0;
  bool focused = false;  ///< keys are its own: Tab or arrows have led to it, or focus_on() after a click
  bool pressed = false;  ///< Enter or Space, with the focus seen
};

/// One stop for a control of several parts, which the mouse hits one by one: a rectangle of the screen with the ring
/// around it. Takes no room and no clicks; goes before the parts.
FocusStop focus_stop(const char* id, ImVec2 at, ImVec2 size);
/// Gives it the focus: after a click on a part the keys are the control's.
void focus_on(const FocusStop& stop);

/// Steps that arrow keys ask for in this frame.
struct ArrowSteps {
  int right = 0;
  int down = 0;
};

/// Takes arrow keys for an item that has the focus, so that they do not move it on; those across only with `both`.
/// Call it in every frame in which the item has the focus. Nothing while a field takes what is typed.
ArrowSteps take_arrows(ImGuiID item, bool both = true);
/// The same for other keys.
void own_keys(ImGuiID item, std::initializer_list<ImGuiKey> keys);

/// Whether keys are the own ones of the item just drawn: as FocusStop::focused, for a control of one part.
bool has_keys();
/// Whether the item just drawn has the focus and it is seen, so that keys say where to look rather than the mouse.
bool is_led_by_keys();

}  // namespace knobscope::gui
