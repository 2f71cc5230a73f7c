#pragma once
// The program's side of hooks.h.

#include "device/emulated/hooks.h"

namespace knobscope::device::emulated {

/// The functions that every compiled kernel calls. They act for the player of the calling thread (Player::current()).
const knobscope::emulated::Hooks& hook_table();

}  // namespace knobscope::device::emulated
