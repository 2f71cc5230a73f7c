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

void Block::take_number(std::uint32_t number) {
  number_ = number;
  if (launch_.plan.play.watch_races) launch_.block_of_number[number] = flat_;
}

void Block::pass_grid_barrier(std::uint32_t number) {
  take_number(number);
  at_grid_barrier_ = 0;
  acquired_.clear();
  woken_.clear();
  for (Thread& thread : threads_) {
    if (thread.waiting != Waiting::grid) continue;
    thread.waiting = Waiting::nothing;
    ++thread.epoch;
    thread.clock = 1;
    thread.seen.fill(0);
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

}  // namespace knobscope::device::emulated
