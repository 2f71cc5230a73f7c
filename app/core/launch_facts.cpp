#include "core/launch_facts.h"

#include <array>
#include <cmath>

namespace knobscope {

std::optional<OccupancyLimit> occupancy_limit_named(std::string_view name) {
  for (const OccupancyLimit limit :
       std::array{OccupancyLimit::threads, OccupancyLimit::blocks, OccupancyLimit::shared, OccupancyLimit::registers}) {
    if (name_of(limit) == name) return limit;
  }
  return std::nullopt;
}

std::optional<double> CompileFacts::last_wave() const {
  if (!waves || !std::isfinite(*waves) || *waves <= 0.0) return std::nullopt;
  return *waves - std::ceil(*waves) + 1.0;
}

OccupancyLimit occupancy_limit(const BlockFootprint& block) {
  const std::int64_t one_more = block.resident + 1;
  if (one_more * block.warps > block.most_warps) return OccupancyLimit::threads;
  if (block.most_blocks > 0 && one_more > block.most_blocks) return OccupancyLimit::blocks;
  if (one_more * block.shared > block.most_shared) return OccupancyLimit::shared;
  return OccupancyLimit::registers;
}

}  // namespace knobscope
