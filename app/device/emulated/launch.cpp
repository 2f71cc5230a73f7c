#include "device/emulated/launch.h"

#include <algorithm>
#include <numeric>
#include <random>

namespace knobscope::device::emulated {

std::int64_t LaunchPlan::resident_blocks() const {
  const std::int64_t a_multiprocessor =
      std::clamp<std::int64_t>(kThreadsPerMultiprocessor / std::max<std::int64_t>(threads(), 1), 1, 32);
  return kMultiprocessors * a_multiprocessor;
}

BlockOrder::BlockOrder(std::int64_t blocks, const Play& play) : blocks_(blocks), order_(play.order) {
  if (order_ != Play::Order::shuffled) return;
  shuffled_.resize(static_cast<std::size_t>(blocks));
  std::iota(shuffled_.begin(), shuffled_.end(), 0U);
  std::mt19937_64 random(play.seed);
  std::shuffle(shuffled_.begin(), shuffled_.end(), random);
}

std::int64_t BlockOrder::block_at(std::int64_t turn) const {
  switch (order_) {
    case Play::Order::forwards:
      break;
    case Play::Order::backwards:
      return blocks_ - 1 - turn;
    case Play::Order::shuffled:
      return shuffled_[static_cast<std::size_t>(turn)];
  }
  return turn;
}

}  // namespace knobscope::device::emulated
