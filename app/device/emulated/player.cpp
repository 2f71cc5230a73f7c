#include "device/emulated/player.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <numeric>
#include <random>
#include <thread>

#include <fmt/format.h>

namespace knobscope::device::emulated {
namespace {

constexpr auto kStuckSleep = std::chrono::microseconds(200);
/// Looks at a launch in which nobody moves, before it counts as dead: 20 ms.
constexpr std::uint64_t kLooksAtStuck = 100;

}  // namespace

constinit thread_local Player* Player::current_ = nullptr;

void Player::prepare(LaunchState& launch) {
  const LaunchPlan& plan = launch.plan;
  current_ = this;
  launch_ = &launch;
  kernel_ = plan.kernel;
  block_ = nullptr;
  in_place_ = nullptr;
  shared_base_ = kernel_->shared_base();
  shared_bytes_ = kernel_->shared().bytes;
  owners_ = owners_of(kernel_->shared(), plan.shared_bytes);
  watches_ = plan.play.watch_races;
  has_clusters_ = plan.has_clusters();
  granule_shift_ = plan.granule_shift;
  residents_.clear();
  clusters_.clear();
}

void Player::add_resident() {
  const std::size_t threads = launch_->plan.threads();
  auto resident = std::make_unique<Resident>();
  resident->block = std::make_unique<Block>(*this, *launch_);
  resident->cluster = residents_.size() / launch_->plan.cluster_blocks();
  SharedMemory& shared = resident->shared;
  shared.written.resize(shared_bytes_);
  if (watches_) shared.granules = Mapping(((shared_bytes_ >> granule_shift_) + 1) * sizeof(Granule));
  if (has_clusters_) shared.reserve_content(shared_base_, shared_bytes_);
  const std::size_t first_fibre = residents_.size() * threads;
  fibres_.reserve(first_fibre + threads);
  for (std::size_t rank = 0; rank < threads; ++rank) {
    resident->block->thread(rank).fibre = &fibres_.at(first_fibre + rank);
  }
  residents_.push_back(std::move(resident));
}

void Player::begin_block(Resident& resident, Cluster& cluster, std::uint32_t rank) {
  SharedMemory& shared = resident.shared;
  for (const SharedVariable& variable : kernel_->shared().variables) {
    const std::uint64_t size = variable.is_dynamic ? launch_->plan.shared_bytes : variable.size;
    std::memset(shared.written.data() + variable.offset, variable.is_compilers ? 1 : 0, size);
  }
  // Others of its cluster may write there before it runs.
  shared.has_content = has_clusters_;
  shared.touched_begin = shared.touched_end = 0;
  cluster.blocks[rank] = resident.block.get();
  resident.block->begin(cluster, rank, shared);
  resident.alive = true;
  resident.state = Block::State::waits_for_others;
}

// Places for one more cluster, and the next one in them. False when none is left.
bool Player::begin_cluster(std::size_t most_residents) {
  LaunchState& launch = *launch_;
  const std::size_t size = launch.plan.cluster_blocks();
  std::size_t first = 0;
  const auto is_taken = [&](std::size_t from) {
    return std::any_of(residents_.begin() + static_cast<std::ptrdiff_t>(from),
                       residents_.begin() + static_cast<std::ptrdiff_t>(from + size),
                       [](const auto& each) { return each->alive; });
  };
  while (first < residents_.size() && is_taken(first)) first += size;
  if (first == residents_.size() && first > 0 && first + size > most_residents) return false;
  const std::int64_t turn = launch.next_turn.fetch_add(1);
  if (turn >= launch.plan.clusters()) return false;
  if (first == residents_.size()) {
    clusters_.push_back(std::make_unique<Cluster>());
    while (residents_.size() < first + size) add_resident();
  }
  Cluster& cluster = *clusters_[first / size];
  cluster.number = launch.order.cluster_at(turn);
  cluster.blocks.resize(size);
  cluster.first = cluster.base = launch.next_number.fetch_add(static_cast<std::uint32_t>(size));
  cluster.next = cluster.phase = cluster.arrived = 0;
  cluster.alive = static_cast<unsigned>(size) * launch.plan.threads();
  cluster.acquired.clear();
  // In each round the blocks are played as they stand here.
  std::vector<std::uint32_t> ranks(size);
  std::iota(ranks.begin(), ranks.end(), 0U);
  if (launch.plan.play.order == Play::Order::backwards) std::ranges::reverse(ranks);
  if (launch.plan.play.order == Play::Order::shuffled) {
    std::mt19937_64 random(launch.plan.play.seed + static_cast<std::uint64_t>(turn));
    std::shuffle(ranks.begin(), ranks.end(), random);
  }
  for (std::size_t i = 0; i < size; ++i) begin_block(*residents_[first + i], cluster, ranks[i]);
  return true;
}

// Shared variables exist once for each core: what the block before had in them is kept for it.
void Player::put_in_place(Resident& resident) {
  block_ = resident.block.get();
  if (in_place_ == &resident) return;
  auto* memory = reinterpret_cast<std::byte*>(shared_base_);
  const auto each_variable = [&](const auto& copy) {
    for (const SharedVariable& variable : kernel_->shared().variables) {
      if (!variable.is_compilers)
        copy(variable.offset, variable.is_dynamic ? launch_->plan.shared_bytes : variable.size);
    }
  };
  if (in_place_ != nullptr && in_place_->alive) {
    SharedMemory& left = in_place_->shared;
    left.reserve_content(shared_base_, shared_bytes_);
    each_variable([&](std::uint64_t at, std::uint64_t bytes) { std::memcpy(left.content + at, memory + at, bytes); });
    left.has_content = true;
  }
  if (resident.shared.has_content) {
    const std::byte* content = resident.shared.content;
    each_variable([&](std::uint64_t at, std::uint64_t bytes) { std::memcpy(memory + at, content + at, bytes); });
  }
  in_place_ = &resident;
}

// Every block that can move does; true when one of them ended or moved.
bool Player::play_round() {
  const std::uint64_t changes = changes_;
  bool moved = false;
  for (const auto& each : residents_) {
    Resident& resident = *each;
    if (!resident.alive || resident.state == Block::State::at_grid_barrier || !resident.block->can_move()) continue;
    put_in_place(resident);
    resident.state = resident.block->play();
    if (resident.state == Block::State::finished || resident.state == Block::State::killed) {
      resident.alive = false;
      moved = true;
      launch_->finished.fetch_add(1);
      if (resident.state == Block::State::killed && launch_->killed.fetch_add(1) + 1 >= kMostKilledBlocks) {
        launch_->given_up.store(true);
      }
      // A cooperative launch, and a cluster, cannot go on without one of its blocks.
      if (resident.state == Block::State::killed && (launch_->plan.cooperative || has_clusters_)) {
        launch_->given_up.store(true);
        return true;
      }
    }
  }
  return moved || changes_ != changes;
}

bool Player::pass_grid_barrier() {
  std::size_t waiting = 0;
  for (const auto& each : residents_) {
    if (!each->alive) continue;
    if (each->state != Block::State::at_grid_barrier) return false;
    ++waiting;
  }
  if (waiting == 0) return false;
  // What was done before is behind everybody: running numbers begin anew.
  launch_->first_number.store(launch_->next_number.load());
  launch_->sync.clear();
  const std::uint32_t size = launch_->plan.cluster_blocks();
  for (const auto& cluster : clusters_) {
    cluster->first = cluster->base = launch_->next_number.fetch_add(size);
    cluster->next = 0;
    cluster->acquired.clear();
  }
  for (const auto& each : residents_) {
    if (!each->alive) continue;
    put_in_place(*each);
    each->block->pass_grid_barrier();
    each->state = Block::State::waits_for_others;
  }
  return true;
}

void Player::abandon_all() {
  for (const auto& each : residents_) {
    if (each->alive) each->block->abandon();
    each->alive = false;
  }
}

// All blocks here wait. Does anybody elsewhere still move?
bool Player::is_hopeless() {
  LaunchState& launch = *launch_;
  if (launch.players.load() == 1) return true;
  const std::int64_t finished = launch.finished.load();
  launch.stuck.fetch_add(1);
  bool hopeless = true;
  for (std::uint64_t look = 0; look < kLooksAtStuck && hopeless; ++look) {
    std::this_thread::sleep_for(kStuckSleep);
    if (launch.stop.load() || launch.given_up.load()) hopeless = false;
    if (launch.stuck.load() < launch.players.load() || launch.finished.load() != finished) hopeless = false;
    if (hopeless && play_round()) hopeless = false;
  }
  launch.stuck.fetch_sub(1);
  return hopeless;
}

void Player::give_up_on_deadlock() {
  for (const auto& each : residents_) {
    if (!each->alive) continue;
    put_in_place(*each);
    each->block->report_deadlock();
    break;  // the others wait for the same
  }
  launch_->given_up.store(true);
}

void Player::play(LaunchState& launch, const std::function<void()>& progress) {
  const FaultWatch watch;
  prepare(launch);
  launch.players.fetch_add(1);
  const bool cooperative = launch.plan.cooperative;
  const auto share = static_cast<std::size_t>(launch.plan.resident_blocks());
  bool all_wait = false;
  while (!launch.stop.load() && !launch.given_up.load()) {
    const bool none = std::ranges::none_of(residents_, &Resident::alive);
    bool began = false;
    if (cooperative && residents_.empty()) {
      while (begin_cluster(share)) began = true;
    } else if (none || all_wait) {
      began = begin_cluster(share);
    }
    if (none && !began) break;
    const bool moved = play_round();
    if (progress) progress();
    all_wait = !moved;
    if (moved || began) continue;
    if (cooperative && pass_grid_barrier()) continue;
    if (is_hopeless()) give_up_on_deadlock();
  }
  abandon_all();
  launch.players.fetch_sub(1);
  current_ = nullptr;
}

bool Player::take_fault(bool is_access, std::uintptr_t address, std::uintptr_t pc, std::uintptr_t stack) {
  if (block_ == nullptr) return false;
  const Fibre& fibre = *block_->running().fibre;
  const std::uintptr_t guard = fibre.stack_low() - kGuardBytes;
  if (stack < guard || stack >= fibre.stack_top()) return false;  // not one of the kernel's threads
  const auto is_kernels = [&](std::uintptr_t code) { return code - kernel_->image_base() < kernel_->image_bytes(); };
  fault_frames_ = {};
  if (is_access && address - guard < kGuardBytes) {
    fault_ = Fault::stack_full;
    // Which calls are under way, nobody can tell from here: what looks like a way back into the kernel is taken for it.
    std::size_t known = 0;
    if (is_kernels(pc)) fault_frames_[known++] = kernel_->offset_of(reinterpret_cast<const void*>(++pc));
    std::uintptr_t at = std::max(stack, fibre.stack_low()) / sizeof(at) * sizeof(at);
    for (; known < fault_frames_.size() && at + sizeof(at) <= fibre.stack_top(); at += sizeof(at)) {
      const auto code = *reinterpret_cast<const std::uintptr_t*>(at);
      if (is_kernels(code)) fault_frames_[known++] = kernel_->offset_of(reinterpret_cast<const void*>(code));
    }
  } else if (is_kernels(pc)) {
    fault_ = is_access ? Fault::access : Fault::trap;
    ++pc;  // findings are told return addresses
  } else {
    return false;
  }
  fault_pc_ = pc;
  return true;
}

void Player::say_fault() {
  const void* pc = reinterpret_cast<const void*>(fault_pc_);
  switch (fault_) {
    case Fault::stack_full:
      find_access(FindingKind::out_of_bounds, pc, "stack",
                  fmt::format("takes more than the {} KiB of stack that a thread has here: functions that call "
                              "themselves too often, or arrays that are too large",
                              kStackBytes >> 10));
      break;
    case Fault::access:
      find_access(FindingKind::out_of_bounds, pc, "nothing", "touches memory that belongs to no buffer");
      break;
    case Fault::trap:
      find_access(FindingKind::trap, pc, "trap", "__builtin_trap() was called, or a place that cannot be reached was");
      break;
  }
}

void Player::end_at_fault() {
  current_->say_fault();
  current_->fault_frames_ = {};
  current_->atomic_end(false);  // where it held a lock
  current_->block_->kill();
}

}  // namespace knobscope::device::emulated
