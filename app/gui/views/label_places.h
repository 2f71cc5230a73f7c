#pragma once
// Where names stand beside lines that may lie close together. Pure.

#include <span>
#include <vector>

namespace knobscope::gui {

/// Middles of labels of one height that do not overlap, in the order given, each as near as all of them can be to the
/// middle that it wants; `wanted` ascends. They stay between `top` and `bottom` as long as there is room for all, and
/// begin at `top` where there is not. Pixels, downwards.
std::vector<float> places_of_labels(std::span<const float> wanted, float height, float top, float bottom);

}  // namespace knobscope::gui
