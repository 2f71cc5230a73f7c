#pragma once
// One launch being played: what all of its blocks and all cores that play them share.

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
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

/// The last fence of a thread: what came before it is published with whatever the thread sets afterwards.
struct Fence {
  std::uint32_t epoch = 0;
  std::uint16_t clock = 0;   ///< 0: it has called none
  std::uint32_t oldest = 0;  ///< see Thread
  std::uint32_t seen = 0;
};

/// Through one address that threads use as a flag, lock or ticket: who published what, in order.
struct SyncAddress {
  struct Release {
    std::uint32_t position = 0;
    std::uint32_t epoch = 0;   ///< of the thread; or the number of the copy that is over
    Fence fence;               ///< the last one of the thread
    std::uint32_t oldest = 0;  ///< of the thread; see Thread
    std::uint32_t seen = 0;    ///< of its warp's other lanes; see LaunchState::seen
    std::uint16_t thread = 0;
  };
  struct Inherited {
    std::uint32_t position = 0;
    Acquired what;
  };
  std::uint32_t releases = 0;
  std::unordered_map<std::uint32_t, std::vector<Release>> of_block;  ///< by LaunchState::block_of()
  std::vector<Inherited> inherited;                                  ///< what releasing threads had acquired elsewhere
  std::unordered_map<const SyncAddress*, std::uint32_t> inherited_up_to;  ///< the largest count of each
};

/// In place of a number of LaunchState::seen: it has changed since the last one.
inline constexpr std::uint32_t kSeenChanged = 0xFFFFFFFFU;

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
  Index3 cluster{1, 1, 1};  ///< in blocks; the grid is a multiple of it
  std::uint32_t shared_bytes = 0;
  bool cooperative = false;
  Play play;
  int granule_shift = 2;

  std::int64_t blocks() const { return std::int64_t{grid.x} * grid.y * grid.z; }
  std::uint32_t threads() const { return block.x * block.y * block.z; }
  std::uint32_t cluster_blocks() const { return cluster.x * cluster.y * cluster.z; }
  bool has_clusters() const { return cluster_blocks() > 1; }
  std::int64_t clusters() const { return blocks() / cluster_blocks(); }
  /// Which block of the grid the block of this rank in cluster `of` is.
  std::int64_t block_in_cluster(std::int64_t of, std::uint32_t rank) const;
  /// Which cluster a block of the grid belongs to.
  std::int64_t cluster_of(std::int64_t flat) const;
  /// Blocks alive at the same time at most.
  std::int64_t resident_blocks() const;
};

/// Where in the order of play a cluster stands: a permutation of all clusters. Mostly they are blocks.
class ClusterOrder {
 public:
  ClusterOrder(std::int64_t clusters, const Play& play);
  std::int64_t cluster_at(std::int64_t turn) const;

 private:
  std::int64_t clusters_;
  Play::Order order_;
  std::vector<std::uint32_t> shuffled_;
};

struct LaunchState {
  LaunchState(const LaunchPlan& the_plan, Report& the_report, const std::atomic<bool>& the_stop, std::uint32_t base)
      : plan(the_plan),
        order(the_plan.clusters(), the_plan.play),
        report(the_report),
        stop(the_stop),
        first_number(base),
        next_number(base) {}

  const LaunchPlan& plan;
  ClusterOrder order;
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
  std::unordered_map<std::uint32_t, std::int64_t> index_of_number;  ///< running number to the block's flat index
  std::unordered_map<std::uintptr_t, SyncAddress> sync;
  /// By block_of() and rank of the thread.
  std::unordered_map<std::uint32_t, std::vector<Fence>> fences;
  /// What lanes knew of their warp when they called a fence or set a flag: the clocks up to which all that the others
  /// did is behind them. Numbers of Fence and Release count from 1; 0: nothing.
  std::deque<std::array<std::uint16_t, knobscope::emulated::kWarpSize>> seen;
  std::uint32_t copies = 0;  ///< made behind threads' backs

  /// What stays the same while a block lives. Its running number does, but where clusters have their barriers.
  std::uint32_t block_of(std::uint32_t number) const {
    return plan.has_clusters() ? static_cast<std::uint32_t>(index_of(number)) : number;
  }
  std::int64_t index_of(std::uint32_t number) const {
    const auto found = index_of_number.find(number);
    return found != index_of_number.end() ? found->second : 0;
  }
};

/// Whole blocks ended by faults before the rest of a launch is given up, as a GPU gives up at the first.
inline constexpr int kMostKilledBlocks = 16;

}  // namespace knobscope::device::emulated
