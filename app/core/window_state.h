#pragma once
// What a window on the same machine did while a point was timed: a GPU that draws is not idle.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace knobscope {

enum class WindowState : std::uint8_t {
  none,    ///< there was none, or it draws on something else than the device that was timed
  paused,  ///< it draws on the same GPU, and stood still while samples were taken
  live,    ///< it draws on the same GPU, and went on drawing
};

inline constexpr std::array kWindowStates = {WindowState::none, WindowState::paused, WindowState::live};

/// The word in files and on screen.
constexpr std::string_view name_of(WindowState state) {
  switch (state) {
    case WindowState::none:
      return "none";
    case WindowState::paused:
      return "paused";
    case WindowState::live:
      return "live";
  }
  return "?";
}

constexpr std::optional<WindowState> window_state_named(std::string_view name) {
  for (const WindowState state : kWindowStates) {
    if (name_of(state) == name) return state;
  }
  return std::nullopt;
}

}  // namespace knobscope
