#pragma once
// The order of a BatchNorm tensor's elements in memory. Its shape is N, C, H, W either way.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace knobscope {

enum class Layout : std::uint8_t {
  nchw,  ///< a channel's plane is contiguous
  nhwc,  ///< a position's channels are contiguous: what frameworks call channels last
};

inline constexpr std::array kLayouts = {Layout::nchw, Layout::nhwc};

/// "nchw" or "nhwc".
constexpr std::string_view name_of(Layout layout) { return layout == Layout::nchw ? "nchw" : "nhwc"; }

constexpr std::optional<Layout> layout_named(std::string_view name) {
  for (const Layout layout : kLayouts) {
    if (name_of(layout) == name) return layout;
  }
  return std::nullopt;
}

}  // namespace knobscope
