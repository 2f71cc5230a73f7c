#pragma once
// Every quantity that the window shows, explained once: what it is, its formula, its unit. Pure.

#include <span>
#include <string>
#include <string_view>

namespace knobscope::gui {

struct QuantityFacts {
  std::string_view name;     ///< as it stands in headers, axes and facts
  std::string_view meaning;  ///< with its formula, in one or two sentences
  std::string_view unit;     ///< empty where it has none
};

std::span<const QuantityFacts> quantities();

/// What a tooltip says of a name: meaning and unit; empty for one that is not known.
std::string explanation_of(std::string_view name);

}  // namespace knobscope::gui
