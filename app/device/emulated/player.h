#pragma once
// Plays blocks, one at a time or several in turns, on the calling thread of the system, and watches what they do.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "device/emulated/arena.h"
#include "device/emulated/block.h"
#include "device/emulated/faults.h"
#include "device/emulated/fibres.h"
#include "device/emulated/launch.h"
#include "device/emulated/loaded_kernel.h"

namespace knobscope::device::emulated {

/// What a kernel touches, in words and for the check.
struct Touched {
  std::uintptr_t address = 0;
  std::uint64_t bytes = 0;
  bool is_write = false;
  bool is_atomic = false;  ///< or volatile
  std::uint32_t copy = 0;  ///< the number of the copy that does it; 0: the thread itself
};

class Player {
 public:
  explicit Player(Arena& arena) : arena_(arena) {}
  Player(const Player&) = delete;
  Player& operator=(const Player&) = delete;

  /// Plays blocks of the launch until none is left. `progress` may be empty; it is called now and then.
  void play(LaunchState& launch, const std::function<void()>& progress);

  /// Of the calling thread, while it plays. Hooks have no other way to know whom they work for.
  static Player& current() { return *current_; }

  // --- For the hooks ---
  Block& block() { return *block_; }
  LaunchState& launch() { return *launch_; }
  void set_hook_pc(const void* pc) { hook_pc_ = pc; }
  const void* hook_pc() const { return hook_pc_; }

  /// Before a plain access of 1, 2, 4, 8 or 16 bytes at a multiple of them. Does not come back when it must not happen.
  template <unsigned kBytes, bool kWrite>
  void access(std::uintptr_t address, const void* pc);
  /// The running thread reads what it has read right before: with a loop that does nothing else it waits for a change.
  void look_again();
  /// Of any size, at any address.
  void check(const Touched& touched, const void* pc);
  /// The same for volatile accesses: they order themselves, and may be a look at a flag.
  void volatile_access(const Touched& touched, const void* pc);
  void atomic_begin(const Touched& touched, Place place);
  void atomic_end(bool changed);
  void fence();
  void copy_behind(std::uintptr_t to, std::uintptr_t from, std::uint64_t bytes, std::uintptr_t counter);
  /// Where an address in shared memory of the cluster is in that of its block `rank`.
  std::uintptr_t map_shared(std::uintptr_t address, unsigned rank, Place place);
  unsigned shared_rank(std::uintptr_t address, Place place);
  /// `type`: what the pointer points to, null where only the access is known.
  [[noreturn]] void misaligned(const Touched& touched, const char* type, const void* pc);

  // --- For faults of the processor (faults.cpp) ---
  /// Null where nothing is being played.
  static Player* playing() { return current_; }
  /// Whether the running thread has made it. Called from a signal handler: looks and remembers, no more.
  bool take_fault(bool is_access, std::uintptr_t address, std::uintptr_t pc, std::uintptr_t stack);
  std::uintptr_t stack_top() { return block_->running().fibre->stack_top(); }
  /// Where the thread goes on: says so and ends its block.
  [[noreturn]] static void end_at_fault();

  // --- For blocks ---
  void enter(Thread& thread) { stack_low_ = thread.fibre->stack_low(); }
  std::uint64_t changes() const { return changes_; }
  void note_change() { ++changes_; }
  /// Reports the thread's doubtful read, unless what comes next is an atomic at its address (0: something else).
  void settle(Thread& thread, std::uintptr_t next_atomic);
  /// The running block ends: does anybody still use its shared memory?
  void check_end();

  /// A finding of the running thread, at an access of its own.
  void find_access(FindingKind kind, const void* pc, const std::string& subject, const std::string& message);
  /// A finding of the running thread, in the hook it is in.
  void find(FindingKind kind, Place place, const std::string& subject, const std::string& message);
  /// A finding of a thread that waits; `other`: whom it is about as well.
  void find_at(const Thread& thread, FindingKind kind, const std::string& subject, const std::string& message,
               const Thread* other = nullptr);

 private:
  struct Resident {
    std::unique_ptr<Block> block;
    SharedMemory shared;
    std::size_t cluster = 0;
    Block::State state = Block::State::finished;
    bool alive = false;
  };

  // Playing (player.cpp)
  void prepare(LaunchState& launch);
  bool begin_cluster(std::size_t most_residents);
  void add_resident();
  void begin_block(Resident& resident, Cluster& cluster, std::uint32_t rank);
  void put_in_place(Resident& resident);
  bool play_round();
  bool pass_grid_barrier();
  void give_up_on_deadlock();
  bool is_hopeless();
  void abandon_all();

  // Checks (accesses.cpp). What ends a block is said in functions that come back, so that nothing is left on the stack
  // that will never be seen again.
  void check_outside_buffers(const Touched& touched, const void* pc);
  void check_shared(Block& owner, std::uint64_t offset, const Touched& touched, const void* pc);
  void check_others_shared(Block& owner, const Touched& touched, const void* pc);
  /// The other block of the cluster in whose shared memory the address is; null: in none's.
  Block* owner_of(std::uintptr_t address) const;
  void say_no_shared(Place place);
  void say_uninitialised(const Region& region, const Touched& touched, const void* pc);
  void say_outside(const Region& region, const Touched& touched, const void* pc);
  void say_outside_shared(const Block& owner, std::uint64_t offset, const Touched& touched, const void* pc);
  void say_outside_everything(const Touched& touched, const void* pc);
  void say_input_written(const Region& region, const Touched& touched, const void* pc);
  void poll();
  void say_misaligned(const Touched& touched, const char* type, const void* pc);
  Frames frames() const;

  // Races (races.cpp)
  /// What memory is called: a buffer's name, or a shared variable of a block.
  struct Named {
    const std::string* buffer = nullptr;  ///< null for shared memory
    const Block* owner = nullptr;
    std::uint64_t variable = 0;
  };
  /// `offset` of the access in the memory that the granules describe.
  void watch(Granule* granules, std::uint64_t offset, const Touched& touched, const void* pc, const Named& memory);
  void say_fault();
  std::string name_of(const Named& memory) const;
  std::string shared_name(const Block& owner, std::uint64_t variable) const;
  ThreadPlace place_of(const Access& access) const;
  bool is_same_block(const Access& earlier) const;
  bool is_ordered(const Access& earlier) const;
  bool is_behind_cluster_barrier(const Access& earlier, std::uint32_t oldest) const;
  bool is_seen(std::uint32_t number, const Access& earlier) const;
  std::uint32_t seen_of(Thread& thread);
  std::uint32_t block_key(const Thread& thread) const;
  std::uintptr_t flag_at(std::uintptr_t address) const;
  bool covers(const SyncAddress::Release& release, const Access& earlier) const;
  bool covers_in_cluster(const SyncAddress::Release& release, const Access& earlier) const;
  bool is_behind_own_fence(const Access& earlier) const;
  void say_ends_too_early(const Access& access, const std::string& name);
  bool is_acquired(const Access& earlier) const;
  bool is_released(const Acquired& what, const Access& earlier) const;
  void say_race(const Access& earlier, bool earlier_wrote, const Touched& touched, const void* pc,
                const std::string& name);
  void acquire(std::uintptr_t address);
  void release(std::uintptr_t address);

  static thread_local Player* current_;

  Arena& arena_;
  FibrePool fibres_;
  std::vector<std::unique_ptr<Resident>> residents_;  ///< those of a cluster side by side
  std::vector<std::unique_ptr<Cluster>> clusters_;
  std::vector<std::uint8_t> owners_;

  LaunchState* launch_ = nullptr;
  const LoadedKernel* kernel_ = nullptr;
  Block* block_ = nullptr;
  Resident* in_place_ = nullptr;
  std::uintptr_t stack_low_ = 0;
  std::uintptr_t shared_base_ = 0;
  std::uint64_t shared_bytes_ = 0;
  bool watches_ = false;
  bool has_clusters_ = false;
  int granule_shift_ = 2;
  const void* hook_pc_ = nullptr;
  std::uint64_t changes_ = 0;
  std::uintptr_t last_read_ = 0;      ///< by the access before, if that was a plain read
  unsigned looks_ = 0;                ///< at that address, one behind the other
  std::atomic_flag* lock_ = nullptr;  ///< held by the atomic under way
  Fault fault_ = Fault::trap;
  std::uintptr_t fault_pc_ = 0;
  Frames fault_frames_{};  ///< in place of those that can be asked for
};

}  // namespace knobscope::device::emulated
