#include "gui/views/label_places.h"

#include <algorithm>
#include <cstddef>

namespace knobscope::gui {
namespace {

/// Labels that touch each other: together they stand where the least of them is moved.
struct Stack {
  std::size_t count = 0;
  float sum = 0.0F;  ///< of where the first of them would have to stand for each to be where it wants

  float first() const { return sum / static_cast<float>(count); }
};

}  // namespace

std::vector<float> places_of_labels(std::span<const float> wanted, float height, float top, float bottom) {
  std::vector<Stack> stacks;
  for (const float middle : wanted) {
    stacks.push_back({1, middle});
    while (stacks.size() > 1) {
      const Stack last = stacks.back();
      Stack& before = stacks[stacks.size() - 2];
      const float below = static_cast<float>(before.count) * height;
      if (before.first() + below <= last.first()) break;
      before.sum += last.sum - below * static_cast<float>(last.count);
      before.count += last.count;
      stacks.pop_back();
    }
  }
  std::vector<float> places;
  places.reserve(wanted.size());
  for (const Stack& stack : stacks) {
    for (std::size_t i = 0; i < stack.count; ++i) {
      places.push_back(stack.first() + static_cast<float>(i) * height);
    }
  }
  // The edges push whole stacks together.
  float lowest = bottom - height * 0.5F;
  for (auto place = places.rbegin(); place != places.rend(); ++place) {
    *place = std::min(*place, lowest);
    lowest = *place - height;
  }
  float highest = top + height * 0.5F;
  for (float& place : places) {
    place = std::max(place, highest);
    highest = place + height;
  }
  return places;
}

}  // namespace knobscope::gui
