// Where the threads of a block, or of the grid, wait for each other.

#include <algorithm>

#include <fmt/format.h>

#include "device/emulated/block.h"
#include "device/emulated/player.h"

namespace knobscope::device::emulated {

int Block::barrier(unsigned first, unsigned count, BarrierKind kind, int predicate, Place place) {
  Thread& thread = *running_;
  player_.settle(thread, 0);
  auto found = std::find_if(barriers_.begin(), barriers_.end(),
                            [&](const Barrier& each) { return each.first == first && each.count == count; });
  if (found == barriers_.end()) {
    barriers_.push_back(Barrier{first, count, 0, 0, kind});
    found = barriers_.end() - 1;
  }
  ++found->arrived;
  if (predicate != 0) ++found->true_predicates;
  thread.barrier_first = first;
  thread.barrier_count = count;
  thread.waiting = Waiting::barrier;
  thread.place = place;
  thread.pc = player_.hook_pc();
  thread.name = count == threads_.size() ? "__syncthreads" : "a group's barrier";
  complete_barrier(static_cast<std::size_t>(found - barriers_.begin()));
  if (thread.waiting == Waiting::barrier) wait(Waiting::barrier, place, thread.name);
  return thread.barrier_result;
}

// Lets everybody go when nobody who is still alive is missing.
void Block::complete_barrier(std::size_t index) {
  const Barrier barrier = barriers_[index];
  if (barrier.arrived < barrier.count) {
    // Only threads that have ended may be missing.
    if (barrier.arrived + (threads_.size() - alive_) < barrier.count) return;
    for (unsigned rank = barrier.first; rank < barrier.first + barrier.count; ++rank) {
      const Thread& thread = threads_[rank];
      const bool is_here = thread.waiting == Waiting::barrier && thread.barrier_first == barrier.first &&
                           thread.barrier_count == barrier.count;
      if (!is_here && thread.waiting != Waiting::finished) return;
    }
  }
  if (barrier.arrived == 0) {
    barriers_.erase(barriers_.begin() + static_cast<std::ptrdiff_t>(index));
    return;
  }

  woken_.clear();
  std::uint32_t epoch = 0;
  for (unsigned rank = barrier.first; rank < barrier.first + barrier.count; ++rank) {
    Thread& thread = threads_[rank];
    if (thread.waiting != Waiting::barrier || thread.barrier_first != barrier.first) continue;
    woken_.push_back(&thread);
    epoch = std::max(epoch, thread.epoch);
  }
  say_incomplete(barrier, woken_);
  int result = 0;
  switch (barrier.kind) {
    case BarrierKind::plain:
      break;
    case BarrierKind::count:
      result = static_cast<int>(barrier.true_predicates);
      break;
    case BarrierKind::all:
      result = barrier.true_predicates == barrier.arrived ? 1 : 0;
      break;
    case BarrierKind::any:
      result = barrier.true_predicates > 0 ? 1 : 0;
      break;
  }
  for (Thread* thread : woken_) {
    thread->waiting = Waiting::nothing;
    thread->barrier_result = result;
    thread->epoch = epoch + 1;
    thread->clock = 1;
    thread->seen.fill(0);
    thread->seen_number = 0;
    for (const Acquired& each : thread->acquired) merge_acquired(acquired_, each);
    thread->acquired.clear();
  }
  barriers_.erase(barriers_.begin() + static_cast<std::ptrdiff_t>(index));
  std::erase(woken_, running_);  // goes on by itself
  player_.note_change();
  make_ready(woken_);
}

void Block::say_incomplete(const Barrier& barrier, const std::vector<Thread*>& waiting) {
  const Thread& first = *waiting.front();
  if (waiting.size() < barrier.count) {
    const unsigned ended = barrier.count - static_cast<unsigned>(waiting.size());
    player_.find_at(first, FindingKind::barrier, "ended",
                    fmt::format("{} of {} threads had ended when the others met at this barrier; every thread of the "
                                "block must reach it",
                                ended, barrier.count));
  }
  for (const Thread* other : waiting) {
    if (same_place(first.place, other->place)) continue;
    player_.find_at(
        *other, FindingKind::barrier, "divergent",
        fmt::format("threads of one block meet at different barriers, at lines {} and {}: all of them must "
                    "reach the same __syncthreads",
                    std::min(first.place.line, other->place.line), std::max(first.place.line, other->place.line)),
        &first);
    kill();  // from here on the barriers stay mixed up, and whatever is found follows from it
  }
}

void Block::grid_barrier(Place place) {
  ++at_grid_barrier_;
  wait(Waiting::grid, place, "the grid's barrier");
}

void Block::name_number(std::uint32_t number) {
  if (launch_.plan.play.watch_races) launch_.index_of_number[number] = flat_;
}

void Block::pass_grid_barrier() {
  const std::uint32_t number = cluster_->base + rank_;
  name_number(number);
  at_grid_barrier_ = 0;
  acquired_.clear();
  woken_.clear();
  for (Thread& thread : threads_) {
    if (thread.waiting != Waiting::grid) continue;
    thread.waiting = Waiting::nothing;
    thread.number = number;
    thread.oldest = cluster_->base;
    ++thread.epoch;
    thread.clock = 1;
    thread.seen.fill(0);
    thread.seen_number = 0;
    thread.acquired.clear();
    woken_.push_back(&thread);
  }
  if (!woken_.empty() && woken_.size() < threads_.size()) {
    player_.find_at(*woken_.front(), FindingKind::barrier, "ended",
                    fmt::format("{} of {} threads had ended when the others met at the grid's barrier; every thread of "
                                "the grid must reach it",
                                threads_.size() - woken_.size(), threads_.size()));
  }
  make_ready(woken_);
}

void Block::name_next_numbers() {
  cluster_->next = launch_.next_number.fetch_add(launch_.plan.cluster_blocks());
  for (Block* block : cluster_->blocks) block->name_number(cluster_->next + block->rank_);
}

// What a thread does from its arrival on counts as done behind the barrier: nobody who waits there may build on it.
void Block::cluster_arrive(Place place) {
  Thread& thread = *running_;
  player_.settle(thread, 0);
  if (thread.has_arrived) {
    player_.find(FindingKind::barrier, place, "arrive",
                 "arrives at the cluster's barrier a second time, without having waited there in between");
    kill();
  }
  Cluster& cluster = *cluster_;
  if (cluster.next == 0) name_next_numbers();
  thread.has_arrived = true;
  thread.cluster_phase = cluster.phase;
  thread.number = cluster.next + rank_;
  for (const Acquired& each : thread.acquired) merge_acquired(cluster.acquired, each);
  for (const Acquired& each : acquired_) merge_acquired(cluster.acquired, each);
  ++cluster.arrived;
  complete_cluster_barrier();
}

void Block::cluster_wait(Place place) {
  Thread& thread = *running_;
  player_.settle(thread, 0);
  if (!thread.has_arrived) {
    player_.find(FindingKind::barrier, place, "wait", "waits at the cluster's barrier without having arrived there");
    kill();
  }
  if (thread.cluster_phase == cluster_->phase) {
    ++at_cluster_barrier_;
    wait(Waiting::cluster, place, "the cluster's barrier");
  }
  thread.has_arrived = false;
  thread.oldest = thread.number - rank_;
}

// Lets everybody go when nobody who is still alive is missing.
void Block::complete_cluster_barrier() {
  Cluster& cluster = *cluster_;
  if (cluster.arrived == 0 || cluster.arrived < cluster.alive) return;
  cluster.arrived = 0;
  ++cluster.phase;
  if (cluster.next == 0) name_next_numbers();  // who arrived before a barrier of the grid
  cluster.base = cluster.next;
  cluster.next = 0;
  for (Block* block : cluster.blocks) block->pass_cluster_barrier();
  player_.note_change();
}

void Block::pass_cluster_barrier() {
  for (const Acquired& each : cluster_->acquired) merge_acquired(acquired_, each);
  at_cluster_barrier_ = 0;
  woken_.clear();
  for (Thread& thread : threads_) {
    if (thread.waiting != Waiting::cluster) continue;
    thread.waiting = Waiting::nothing;
    woken_.push_back(&thread);
  }
  make_ready(woken_);
}

}  // namespace knobscope::device::emulated
