#include "device/emulated/block.h"

#include <algorithm>

#include "device/emulated/player.h"

namespace knobscope::device::emulated {
namespace {

constexpr unsigned kSwitchesBetweenLooks = 4096;

}  // namespace

Block::Block(Player& player, LaunchState& launch) : player_(player), launch_(launch) {
  const LaunchPlan& plan = launch.plan;
  const unsigned count = plan.threads();
  threads_.resize(count);
  warps_.resize((count + kWarpSize - 1) / kWarpSize);
  for (unsigned rank = 0; rank < count; ++rank) {
    Thread& thread = threads_[rank];
    thread.block = this;
    thread.rank = static_cast<std::uint16_t>(rank);
    thread.lane = static_cast<std::uint8_t>(rank % kWarpSize);
    thread.index = {rank % plan.block.x, rank / plan.block.x % plan.block.y, rank / plan.block.x / plan.block.y};
    thread.warp = &warps_[rank / kWarpSize];
  }
  for (std::size_t warp = 0; warp < warps_.size(); ++warp) {
    warps_[warp].first_thread = static_cast<unsigned>(warp) * kWarpSize;
  }
}

void Block::begin(Cluster& cluster, std::uint32_t rank, SharedMemory& shared) {
  const Index3 grid = launch_.plan.grid;
  const std::int64_t flat = launch_.plan.block_in_cluster(cluster.number, rank);
  index_ = {static_cast<unsigned>(flat % grid.x), static_cast<unsigned>(flat / grid.x % grid.y),
            static_cast<unsigned>(flat / grid.x / grid.y)};
  flat_ = flat;
  cluster_ = &cluster;
  rank_ = rank;
  name_number(cluster.base + rank);
  shared_ = &shared;
  random_.seed(launch_.plan.play.seed ^ (static_cast<std::uint64_t>(flat) * 0x9E3779B97F4A7C15ULL));
  barriers_.clear();
  ready_.clear();
  yielded_.clear();
  acquired_.clear();
  killed_ = false;
  at_grid_barrier_ = 0;
  at_cluster_barrier_ = 0;
  oldest_of_ended_ = 0;
  alive_ = static_cast<unsigned>(threads_.size());
  for (Warp& warp : warps_) {
    warp.lanes = 0;
    for (auto& meeting : warp.meetings) warp.spare.push_back(std::move(meeting));
    warp.meetings.clear();
  }
  woken_.clear();
  for (Thread& thread : threads_) {
    thread.waiting = Waiting::nothing;
    thread.meeting = nullptr;
    thread.polls = 0;
    thread.has_arrived = false;
    thread.number = cluster.base + rank;
    thread.oldest = cluster.base;
    thread.epoch = 0;
    thread.clock = 1;
    thread.seen.fill(0);
    thread.seen_number = 0;
    thread.fence = Fence{};
    thread.acquired.clear();
    thread.doubtful.reset();
    thread.warp->lanes |= 1U << thread.lane;
    woken_.push_back(&thread);
  }
  make_ready(woken_);
}

void Block::make_ready(std::vector<Thread*>& threads, bool at_once) {
  switch (launch_.plan.play.order) {
    case Play::Order::forwards:
      break;
    case Play::Order::backwards:
      std::reverse(threads.begin(), threads.end());
      break;
    case Play::Order::shuffled:
      std::shuffle(threads.begin(), threads.end(), random_);
      break;
  }
  ready_.insert(at_once ? ready_.begin() : ready_.end(), threads.begin(), threads.end());
}

void Block::run_thread(void* argument) {
  auto& thread = *static_cast<Thread*>(argument);
  Block& block = *thread.block;
  const LaunchPlan& plan = block.launch_.plan;
  plan.entry->run(plan.arguments.slots.data(), plan.arguments.is_block_index.get(), 0, 1);
  block.finish_thread(thread);
}

Block::State Block::play() {
  unsigned switches = 0;
  give_turns();
  while (true) {
    while (!ready_.empty()) {
      Thread& thread = *ready_.front();
      ready_.pop_front();
      thread.waiting = Waiting::nothing;
      running_ = &thread;
      player_.enter(thread);
      thread.fibre->resume(&Block::run_thread, &thread);
      if (++switches % kSwitchesBetweenLooks == 0 && launch_.stop.load(std::memory_order_relaxed)) killed_ = true;
      if (killed_) {
        abandon();
        return State::killed;
      }
    }
    if (alive_ == 0) return State::finished;
    if (complete_active_masks()) continue;
    if (!yielded_.empty()) {
      if (player_.changes() == changes_seen_) return State::waits_for_others;
      changes_seen_ = player_.changes();
      give_turns();
      continue;
    }
    if (at_grid_barrier_ == alive_) return State::at_grid_barrier;
    if (at_cluster_barrier_ > 0) return State::waits_for_others;
    report_deadlock();
    abandon();
    return State::killed;
  }
}

void Block::give_turns() {
  woken_.swap(yielded_);
  yielded_.clear();
  make_ready(woken_);
}

void Block::abandon() {
  for (Thread& thread : threads_) {
    if (thread.waiting != Waiting::finished) thread.fibre->abandon();
  }
}

void Block::kill() {
  killed_ = true;
  running_->fibre->pause();
  std::abort();  // a killed fibre is never resumed
}

void Block::wait(Waiting what, Place place, const char* name) {
  Thread& thread = *running_;
  thread.waiting = what;
  thread.place = place;
  thread.pc = player_.hook_pc();
  thread.name = name;
  thread.polls = 0;
  thread.fibre->pause();
}

void Block::yield() {
  yielded_.push_back(running_);
  wait(Waiting::turn, running_->place, "a loop that waits for memory to change");
}

void Block::finish_thread(Thread& thread) {
  player_.settle(thread, 0);
  thread.waiting = Waiting::finished;
  thread.pc = nullptr;
  --alive_;
  player_.note_change();
  --cluster_->alive;
  if (thread.has_arrived && thread.cluster_phase == cluster_->phase) --cluster_->arrived;
  complete_cluster_barrier();
  Warp& warp = *thread.warp;
  warp.lanes &= ~(1U << thread.lane);
  // Completing may recycle, so by index.
  for (std::size_t i = 0; i < warp.meetings.size(); ++i) {
    WarpMeeting& meeting = *warp.meetings[i];
    if (!meeting.complete && (meeting.mask >> thread.lane & 1U) != 0) complete_if_all_are_there(warp, meeting);
  }
  for (std::size_t i = barriers_.size(); i-- > 0;) {
    if (thread.rank >= barriers_[i].first && thread.rank < barriers_[i].first + barriers_[i].count) complete_barrier(i);
  }
  if (!launch_.plan.has_clusters() || !launch_.plan.play.watch_races) return;
  // The block's end is behind what any of its threads knew.
  oldest_of_ended_ = std::max(oldest_of_ended_, thread.oldest);
  for (const Acquired& each : thread.acquired) merge_acquired(acquired_, each);
  if (alive_ > 0) return;
  thread.oldest = oldest_of_ended_;
  player_.check_end();
}

}  // namespace knobscope::device::emulated
