#pragma once
// One launch being played: what all of its blocks and all cores that play them share.

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "device/device.h"
#include "device/emulated/arena.h"
#include "device/emulated/hooks.h"
#include "device/emulated/report.h"
#include "device/host/arguments.h"
#include "device/host/entry_bridge.h"

namespace knobscope::device::emulated {

class LoadedKernel;
using knobscope::emulated::Index3;

/// Blocks that a GPU of the emulated kind keeps alive at once, by threads.
inline constexpr std::int64_t kMultiprocessors = 4;
inline constexpr std::int64_t kThreadsPerMultiprocessor = 2048;

struct SyncAddress;

/// "Everything that was released through this address up to its count-th release is behind me."
struct Acquired {
  SyncAddress* address = nullptr;
  std::uint32_t count = 0;
};

/// Through one address that threads use as a flag, lock or ticket: who published what, in order.
struct SyncAddress {
  struct Release {
    std::uint32_t position = 0;
    std::uint32_t epoch = 0;        ///< of the thread; or the number of the copy that is over
    std::uint32_t fence_epoch = 0;  ///< when it last called a fence
    std::uint16_t thread = 0;
    bool has_fence = false;
  };
  struct Inherited {
    std::uint32_t position = 0;
    Acquired what;
  };
  std::uint32_t releases = 0;
  std::unordered_map<std::uint32_t, std::vector<Release>> of_block;  ///< by running number
  std::vector<Inherited> inherited;                                  ///< what releasing threads had acquired elsewhere
  std::unordered_map<const SyncAddress*, std::uint32_t> inherited_up_to;  ///< the largest count of each
};

/// Adds to what is acquired: one entry for each address.
void merge_acquired(std::vector<Acquired>& all, const Acquired& more);

/// What is played, and how.
struct LaunchPlan {
  const LoadedKernel* kernel = nullptr;
  const host::bridge::Entry* entry = nullptr;
  host::BoundArguments arguments;
  std::uint32_t number = 0;  ///< in the work
  Index3 grid{1, 1, 1};
  Index3 block{1, 1, 1};
  std::uint32_t shared_bytes = 0;
  bool cooperative = false;
  Play play;
  int granule_shift = 2;

  std::int64_t blocks() const { return std::int64_t{grid.x} * grid.y * grid.z; }
  std::uint32_t threads() const { return block.x * block.y * block.z; }
  /// Blocks alive at the same time at most.
  std::int64_t resident_blocks() const;
};

/// Where in the order of play a block stands: a permutation of all blocks.
class BlockOrder {
 public:
  BlockOrder(std::int64_t blocks, const Play& play);
  std::int64_t block_at(std::int64_t turn) const;

 private:
  std::int64_t blocks_;
  Play::Order order_;
  std::vector<std::uint32_t> shuffled_;
};

struct LaunchState {
  LaunchState(const LaunchPlan& the_plan, Report& the_report, const std::atomic<bool>& the_stop, std::uint32_t base)
      : plan(the_plan),
        order(the_plan.blocks(), the_plan.play),
        report(the_report),
        stop(the_stop),
        first_number(base),
        next_number(base) {}

  const LaunchPlan& plan;
  BlockOrder order;
  Report& report;
  const std::atomic<bool>& stop;  ///< the user no longer wants the result

  std::atomic<std::int64_t> next_turn{0};
  std::atomic<std::int64_t> finished{0};
  std::atomic<int> killed{0};         ///< blocks that were ended by what they did
  std::atomic<bool> given_up{false};  ///< no further block is played
  std::atomic<int> players{0};        ///< cores at work
  std::atomic<int> stuck{0};          ///< of these, those whose blocks all wait
  std::atomic<std::uint64_t> turns_of_stuck{0};

  /// Running numbers of blocks: those below `first_number` belong to what is over, behind a launch or a grid barrier.
  std::atomic<std::uint32_t> first_number;
  std::atomic<std::uint32_t> next_number;

  /// Of atomics, by address: blocks on several cores share memory.
  std::array<std::atomic_flag, 64> locks{};

  // While races are watched there is one player: no lock.
  std::unordered_map<std::uint32_t, std::int64_t> block_of_number;  ///< running number to flat index
  std::unordered_map<std::uintptr_t, SyncAddress> sync;
  /// By running number of the block and rank of the thread: one more than the epoch of its last fence; 0: none.
  std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> fences;
  std::uint32_t copies = 0;  ///< made behind threads' backs
};

/// Whole blocks ended by faults before the rest of a launch is given up, as a GPU gives up at the first.
inline constexpr int kMostKilledBlocks = 16;

}  // namespace knobscope::device::emulated
