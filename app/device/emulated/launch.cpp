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

// Blocks are counted with x fastest, and so are those of a cluster and the clusters themselves.
std::int64_t LaunchPlan::block_in_cluster(std::int64_t of, std::uint32_t rank) const {
  const std::int64_t across = grid.x / cluster.x;
  const std::int64_t down = grid.y / cluster.y;
  const std::int64_t x = of % across * cluster.x + rank % cluster.x;
  const std::int64_t y = of / across % down * cluster.y + rank / cluster.x % cluster.y;
  const std::int64_t z = of / across / down * cluster.z + rank / cluster.x / cluster.y;
  return x + std::int64_t{grid.x} * (y + std::int64_t{grid.y} * z);
}

std::int64_t LaunchPlan::cluster_of(std::int64_t flat) const {
  const std::int64_t across = grid.x / cluster.x;
  const std::int64_t down = grid.y / cluster.y;
  const std::int64_t x = flat % grid.x / cluster.x;
  const std::int64_t y = flat / grid.x % grid.y / cluster.y;
  const std::int64_t z = flat / grid.x / grid.y / cluster.z;
  return x + across * (y + down * z);
}

ClusterOrder::ClusterOrder(std::int64_t clusters, const Play& play) : clusters_(clusters), order_(play.order) {
  if (order_ != Play::Order::shuffled) return;
  shuffled_.resize(static_cast<std::size_t>(clusters));
  std::iota(shuffled_.begin(), shuffled_.end(), 0U);
  std::mt19937_64 random(play.seed);
  std::shuffle(shuffled_.begin(), shuffled_.end(), random);
}

std::int64_t ClusterOrder::cluster_at(std::int64_t turn) const {
  switch (order_) {
    case Play::Order::forwards:
      break;
    case Play::Order::backwards:
      return clusters_ - 1 - turn;
    case Play::Order::shuffled:
      return shuffled_[static_cast<std::size_t>(turn)];
  }
  return turn;
}

}  // namespace knobscope::device::emulated
