#pragma once
// The lenses of the large plot: ways to look at the same points, which share what is selected, set and ticked.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "gui/views/view.h"

namespace knobscope::gui {

enum class Lens : std::uint8_t { lines, heat, error, trade, roofline, compare };

struct LensFacts {
  Lens lens;
  std::string id;  ///< on the command line and in files
  std::string title;
  std::string tip;
};

/// All there are, in the order of their tabs and of the keys 1, 2, 3, …
std::span<const LensFacts> lenses();

/// Null when there is none of that id.
const LensFacts* lens_named(std::string_view id);
const LensFacts& facts_of(Lens lens);

/// The tabs to choose the lens, at the beginning of a line; what the lens draws next goes on beside them.
void lens_tabs(ViewContext& context);

/// What stands where a plot of points would, as long as there are none: why, and what to do.
void empty_plot(const ViewContext& context);

}  // namespace knobscope::gui
