#pragma once
// One block being played: its threads, and everything they wait for. All of it runs on one thread of the system; fibres
// change only inside the functions that say that they wait.

#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "device/emulated/fibres.h"
#include "device/emulated/hooks.h"
#include "device/emulated/launch.h"

namespace knobscope::device::emulated {

using knobscope::emulated::BarrierKind;
using knobscope::emulated::kMostShuffledBytes;
using knobscope::emulated::kWarpSize;
using knobscope::emulated::Place;

/// The same text; mostly the same address too.
inline bool same_text(const char* a, const char* b) { return a == b || std::strcmp(a, b) == 0; }

/// The same line of the same file.
inline bool same_place(Place a, Place b) { return a.line == b.line && same_text(a.file, b.file); }

class Player;
class Block;
struct Warp;
struct Cluster;

/// One use of a warp function: those of its mask who arrived, and what they brought.
struct WarpMeeting {
  unsigned mask = 0;
  unsigned arrived = 0;
  unsigned gone = 0;  ///< read their result, or ended
  bool complete = false;
  bool orders_memory = false;  ///< __syncwarp
  bool is_active_mask = false;
  const char* name = "";
  Place place{};
  unsigned predicates = 0;
  alignas(16) std::array<std::array<unsigned char, kMostShuffledBytes>, kWarpSize> values{};
};

/// A race that the next access of its thread may show to be none.
struct DoubtfulRead {
  std::uintptr_t address = 0;
  FindingKey key;
  RawFinding finding;
};

enum class Waiting : std::uint8_t { nothing, barrier, warp, cluster, grid, turn, finished };

struct Thread {
  Block* block = nullptr;
  Fibre* fibre = nullptr;
  Index3 index{};
  std::uint16_t rank = 0;
  std::uint8_t lane = 0;
  Waiting waiting = Waiting::nothing;
  Place place{};             ///< where it waits
  const void* pc = nullptr;  ///< return address of the call in which it waits
  const char* name = "";     ///< of what it waits in
  Warp* warp = nullptr;
  WarpMeeting* meeting = nullptr;
  unsigned barrier_first = 0;  ///< the barrier it waits at
  unsigned barrier_count = 0;
  int barrier_result = 0;
  unsigned polls = 0;  ///< looks at shared state since its last turn

  bool has_arrived = false;         ///< at the cluster's barrier, and not yet waited there
  std::uint32_t cluster_phase = 0;  ///< of that barrier, when it arrived

  // What orders its accesses.
  std::uint32_t number = 0;  ///< the block's running number: the next one from its arrival at a cluster's barrier on
  std::uint32_t oldest = 0;  ///< what blocks of its cluster did under smaller numbers is behind it
  std::uint32_t epoch = 0;
  std::uint16_t clock = 1;
  std::array<std::uint16_t, kWarpSize> seen{};  ///< clocks of its warp's lanes that are behind it
  std::uint32_t seen_number = 0;                ///< the same in LaunchState::seen; see Player::seen_of()
  Fence fence;
  std::vector<Acquired> acquired;
  std::unique_ptr<DoubtfulRead> doubtful;
};

struct Warp {
  unsigned lanes = 0;  ///< that exist and have not ended
  unsigned first_thread = 0;
  std::vector<std::unique_ptr<WarpMeeting>> meetings;
  std::vector<std::unique_ptr<WarpMeeting>> spare;
};

struct Barrier {
  unsigned first = 0;
  unsigned count = 0;
  unsigned arrived = 0;
  unsigned true_predicates = 0;
  BarrierKind kind = BarrierKind::plain;
};

/// Shared memory of one block: what is known of it, and its content while another block is in its place. That is also
/// where the other blocks of its cluster find it, for they run only then.
struct SharedMemory {
  std::vector<std::uint8_t> written;
  Mapping granules;
  Mapping memory;
  std::byte* content = nullptr;  ///< in `memory`; null until the block leaves its place or has a cluster
  bool has_content = false;
  /// Bytes that other blocks touched lie between these two.
  std::uint64_t touched_begin = 0;
  std::uint64_t touched_end = 0;

  /// Makes room for the content, as aligned as the place that it is the content of.
  void reserve_content(std::uintptr_t place, std::uint64_t bytes) {
    constexpr std::uintptr_t kPage = 4096;
    if (content != nullptr) return;
    memory = Mapping(bytes + kPage);
    content = memory.get() + place % kPage;
  }
};

/// Blocks that are alive together and reach each other's shared memory. In a launch without clusters, a block alone.
struct Cluster {
  std::int64_t number = 0;         ///< in the grid
  std::vector<Block*> blocks;      ///< by rank
  std::uint32_t first = 0;         ///< running number of the block of rank 0 when the cluster began
  std::uint32_t base = 0;          ///< the same now: it changes at each barrier of the cluster
  std::uint32_t next = 0;          ///< behind the barrier that threads have arrived at; 0: none has
  std::uint32_t phase = 0;         ///< barriers passed
  unsigned alive = 0;              ///< threads of all blocks
  unsigned arrived = 0;            ///< of these, at the barrier
  std::vector<Acquired> acquired;  ///< what those who arrived could build on
};

class Block {
 public:
  Block(Player& player, LaunchState& launch);

  /// Makes it the block of this rank in a cluster. Threads begin when play() runs.
  void begin(Cluster& cluster, std::uint32_t rank, SharedMemory& shared);

  enum class State : std::uint8_t { finished, at_grid_barrier, waits_for_others, killed };
  /// Lets threads run until the block is done or can do nothing by itself.
  State play();
  /// Whether play() has anything to do.
  bool can_move() const { return !ready_.empty() || !yielded_.empty(); }
  /// Everybody who waited at the grid barrier goes on. The cluster has its new running number.
  void pass_grid_barrier();
  /// What its threads wait for, when nobody outside can help: a finding each.
  void report_deadlock();
  void abandon();

  // Called by the running thread; all of these may wait.
  int barrier(unsigned first, unsigned count, BarrierKind kind, int predicate, Place place);
  void grid_barrier(Place place);
  void cluster_arrive(Place place);
  void cluster_wait(Place place);
  void sync_warp(unsigned mask, Place place);
  void shuffle(unsigned mask, unsigned source, const void* value, void* result, unsigned bytes, const char* name,
               Place place);
  unsigned ballot(unsigned mask, int predicate, const char* name, Place place);
  unsigned gather(unsigned mask, const void* value, void* results, unsigned bytes, const char* name, Place place);
  unsigned active_mask(Place place);
  void yield();

  /// Ends the whole block at once; the running thread does not come back.
  [[noreturn]] void kill();

  Thread& running() { return *running_; }
  Thread& thread(std::size_t rank) { return threads_[rank]; }
  Index3 index() const { return index_; }
  std::int64_t flat() const { return flat_; }
  Cluster& cluster() { return *cluster_; }
  std::uint32_t rank() const { return rank_; }
  bool is_over() const { return alive_ == 0 || killed_; }
  SharedMemory& shared() { return *shared_; }
  const std::vector<Acquired>& acquired() const { return acquired_; }
  ThreadPlace place_of(const Thread& thread) const;

 private:
  static void run_thread(void* thread);
  void name_number(std::uint32_t number);
  void finish_thread(Thread& thread);
  /// In the order of play; `at_once`: before all others who are ready.
  void make_ready(std::vector<Thread*>& threads, bool at_once = false);
  void give_turns();
  void wait(Waiting what, Place place, const char* name);
  void complete_barrier(std::size_t barrier);
  void say_incomplete(const Barrier& barrier, const std::vector<Thread*>& waiting);
  void name_next_numbers();
  void complete_cluster_barrier();
  void pass_cluster_barrier();

  /// What the running thread brings to a warp function.
  struct Gift {
    const void* value = nullptr;
    unsigned bytes = 0;
    bool predicate = false;
    bool orders_memory = false;
  };
  WarpMeeting& meet(unsigned mask, const Gift& gift, const char* name, Place place);
  WarpMeeting& take_meeting(Warp& warp, unsigned mask, const char* name, Place place);
  void complete_if_all_are_there(Warp& warp, WarpMeeting& meeting);
  void complete(Warp& warp, WarpMeeting& meeting);
  void leave(WarpMeeting& meeting);
  bool complete_active_masks();
  bool report_unmet_lanes();
  bool report_unmet_threads();
  bool report_unmet_blocks();
  std::string whereabouts(const Thread& thread) const;

  Player& player_;
  LaunchState& launch_;
  Index3 index_{};
  std::int64_t flat_ = 0;
  Cluster* cluster_ = nullptr;
  std::uint32_t rank_ = 0;
  SharedMemory* shared_ = nullptr;
  std::vector<Thread> threads_;
  std::vector<Warp> warps_;
  std::vector<Barrier> barriers_;
  std::deque<Thread*> ready_;
  std::vector<Thread*> yielded_;
  std::vector<Thread*> woken_;      // scratch
  std::vector<Acquired> acquired_;  // what every thread of the block may build on
  std::mt19937_64 random_;
  Thread* running_ = nullptr;
  unsigned alive_ = 0;
  unsigned at_grid_barrier_ = 0;
  unsigned at_cluster_barrier_ = 0;
  std::uint32_t oldest_of_ended_ = 0;
  std::uint64_t changes_seen_ = 0;
  bool killed_ = false;
};

}  // namespace knobscope::device::emulated
