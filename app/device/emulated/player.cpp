#include "device/emulated/player.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>

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
  granule_shift_ = plan.granule_shift;
  residents_.clear();
}

// A place for one more block, and the next block in it. False when no block is left.
bool Player::begin_block(std::size_t most_residents) {
  LaunchState& launch = *launch_;
  auto free = std::ranges::find_if(residents_, [](const auto& each) { return !each->alive; });
  if (free == residents_.end() && residents_.size() >= most_residents) return false;
  const std::int64_t turn = launch.next_turn.fetch_add(1);
  if (turn >= launch.plan.blocks()) return false;
  if (free == residents_.end()) {
    auto resident = std::make_unique<Resident>();
    resident->block = std::make_unique<Block>(*this, launch);
    resident->shared.written.resize(shared_bytes_);
    if (watches_) {
      resident->shared.granules = Mapping(((shared_bytes_ >> granule_shift_) + 1) * sizeof(Granule));
    }
    const std::size_t first_fibre = residents_.size() * launch.plan.threads();
    fibres_.reserve(first_fibre + launch.plan.threads());
    for (std::size_t rank = 0; rank < launch.plan.threads(); ++rank) {
      resident->block->thread(rank).fibre = &fibres_.at(first_fibre + rank);
    }
    residents_.push_back(std::move(resident));
    free = residents_.end() - 1;
  }
  Resident& resident = **free;
  for (const SharedVariable& variable : kernel_->shared().variables) {
    const std::uint64_t size = variable.is_dynamic ? launch.plan.shared_bytes : variable.size;
    std::memset(resident.shared.written.data() + variable.offset, variable.is_compilers ? 1 : 0, size);
  }
  resident.shared.content.clear();
  resident.block->begin(launch.order.block_at(turn), resident.shared);
  resident.alive = true;
  resident.state = Block::State::waits_for_others;
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
    in_place_->shared.content.resize(shared_bytes_);
    each_variable([&](std::uint64_t at, std::uint64_t bytes) {
      std::memcpy(in_place_->shared.content.data() + at, memory + at, bytes);
    });
  }
  if (!resident.shared.content.empty()) {
    each_variable([&](std::uint64_t at, std::uint64_t bytes) {
      std::memcpy(memory + at, resident.shared.content.data() + at, bytes);
    });
  }
  in_place_ = &resident;
}

// Every block that can move does; true when one of them ended or moved.
bool Player::play_round() {
  const std::uint64_t changes = changes_;
  bool moved = false;
  for (const auto& each : residents_) {
    Resident& resident = *each;
    if (!resident.alive || resident.state == Block::State::at_grid_barrier) continue;
    put_in_place(resident);
    resident.state = resident.block->play();
    if (resident.state == Block::State::finished || resident.state == Block::State::killed) {
      resident.alive = false;
      moved = true;
      launch_->finished.fetch_add(1);
      if (resident.state == Block::State::killed && launch_->killed.fetch_add(1) + 1 >= kMostKilledBlocks) {
        launch_->given_up.store(true);
      }
      // A cooperative launch cannot go on without one of its blocks.
      if (resident.state == Block::State::killed && launch_->plan.cooperative) launch_->given_up.store(true);
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
  for (const auto& each : residents_) {
    if (!each->alive) continue;
    put_in_place(*each);
    each->block->pass_grid_barrier(launch_->next_number.fetch_add(1));
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
  prepare(launch);
  launch.players.fetch_add(1);
  const bool cooperative = launch.plan.cooperative;
  const auto share = static_cast<std::size_t>(launch.plan.resident_blocks());
  bool all_wait = false;
  while (!launch.stop.load() && !launch.given_up.load()) {
    const bool none = std::ranges::none_of(residents_, &Resident::alive);
    bool began = false;
    if (cooperative && residents_.empty()) {
      while (begin_block(share)) began = true;
    } else if (none || all_wait) {
      began = begin_block(share);
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

}  // namespace knobscope::device::emulated
