#pragma once
// What the compiler and the driver say of a compiled kernel: no run and no privileges are needed for it.

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/units.h"

namespace knobscope {

/// What keeps another block of a kernel from being resident on a multiprocessor.
enum class OccupancyLimit : std::uint8_t {
  threads,    ///< all warps are taken: no kernel can have more
  blocks,     ///< the most blocks a multiprocessor takes; larger blocks would fill it
  shared,     ///< shared memory
  registers,  ///< and what else the driver counts: barriers, clusters that find no room together
};

constexpr std::string_view name_of(OccupancyLimit limit) {
  switch (limit) {
    case OccupancyLimit::threads:
      return "threads";
    case OccupancyLimit::blocks:
      return "blocks";
    case OccupancyLimit::shared:
      return "shared memory";
    case OccupancyLimit::registers:
      return "registers";
  }
  return "?";
}

std::optional<OccupancyLimit> occupancy_limit_named(std::string_view name);

/// Of the launch with the most threads. Nothing where the device does not tell.
struct CompileFacts {
  std::optional<int> registers;                       ///< per thread
  std::optional<Bytes> spill;                         ///< local memory per thread
  std::optional<Bytes> shared;                        ///< static and dynamic per block
  std::optional<double> occupancy;                    ///< theoretical: resident warps over the most possible, 0 to 1
  std::optional<double> waves;                        ///< blocks over blocks resident at once
  std::optional<double> compile_ms;                   ///< nothing when it came from the cache
  std::optional<int> resident_blocks = std::nullopt;  ///< on each multiprocessor
  std::optional<OccupancyLimit> occupancy_limit = std::nullopt;

  /// Of the places that the GPU has for blocks, the part that the last wave fills (0 to 1): while it runs, the others
  /// are idle. 1 for whole waves.
  std::optional<double> last_wave() const;
  bool operator==(const CompileFacts&) const = default;
};

/// One block and the multiprocessor that it goes to.
struct BlockFootprint {
  std::int64_t warps = 0;       ///< of a block
  std::int64_t shared = 0;      ///< bytes of a block, with what the driver keeps in it
  std::int64_t resident = 0;    ///< blocks that the driver says fit
  std::int64_t most_warps = 0;  ///< of a multiprocessor, as what follows
  std::int64_t most_blocks = 0;
  std::int64_t most_shared = 0;
};

/// The first of threads, blocks and shared memory that has no room for one block more; else registers.
OccupancyLimit occupancy_limit(const BlockFootprint& block);

}  // namespace knobscope
