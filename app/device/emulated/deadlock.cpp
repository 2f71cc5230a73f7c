// Who waits for whom when nobody can go on.

#include <algorithm>

#include <fmt/format.h>

#include "device/emulated/block.h"
#include "device/emulated/player.h"

namespace knobscope::device::emulated {

ThreadPlace Block::place_of(const Thread& thread) const {
  return {{index_.x, index_.y, index_.z}, {thread.index.x, thread.index.y, thread.index.z}};
}

std::string Block::whereabouts(const Thread& thread) const {
  switch (thread.waiting) {
    case Waiting::finished:
      return "has ended";
    case Waiting::turn:
      return "waits for memory to change";
    case Waiting::nothing:
      return "is running";
    case Waiting::barrier:
    case Waiting::warp:
    case Waiting::cluster:
    case Waiting::grid:
      break;
  }
  return fmt::format("waits in {} at line {}", thread.name, thread.place.line);
}

bool Block::report_unmet_lanes() {
  bool any = false;
  for (const Warp& warp : warps_) {
    for (const auto& meeting : warp.meetings) {
      if (meeting->complete) continue;
      const unsigned missing = meeting->mask & warp.lanes & ~meeting->arrived;
      const auto lane_of = [](unsigned lanes) { return static_cast<unsigned>(__builtin_ctz(lanes)); };
      if (missing == 0 || meeting->arrived == 0) continue;
      const Thread& waits = threads_[warp.first_thread + lane_of(meeting->arrived)];
      const Thread& absent = threads_[warp.first_thread + lane_of(missing)];
      player_.find_at(waits, FindingKind::lane, meeting->name,
                      fmt::format("{} waits for ever: its mask 0x{:08x} names lane {}, which {}", meeting->name,
                                  meeting->mask, absent.lane, whereabouts(absent)),
                      &absent);
      any = true;
    }
  }
  return any;
}

bool Block::report_unmet_threads() {
  const Thread* waits = nullptr;
  for (const Thread& thread : threads_) {
    if (thread.waiting == Waiting::barrier || thread.waiting == Waiting::grid) {
      waits = &thread;
      break;
    }
  }
  const auto is_with_it = [&](const Thread& thread) {
    return thread.waiting == Waiting::finished ||
           (thread.waiting == waits->waiting && thread.barrier_first == waits->barrier_first &&
            thread.barrier_count == waits->barrier_count);
  };
  if (waits == nullptr) return false;
  const auto absent = std::find_if_not(threads_.begin(), threads_.end(), is_with_it);
  if (absent == threads_.end()) return false;
  player_.find_at(
      *waits, FindingKind::barrier, "unmet",
      fmt::format("{} is never reached by all: thread {} {}", waits->name, absent->rank, whereabouts(*absent)),
      &*absent);
  return true;
}

// The same for the barrier of the cluster, which also another block may be missing at.
bool Block::report_unmet_blocks() {
  const auto waits = std::ranges::find(threads_, Waiting::cluster, &Thread::waiting);
  if (waits == threads_.end()) return false;
  for (Block* block : cluster_->blocks) {
    for (const Thread& absent : block->threads_) {
      if (absent.waiting == Waiting::finished || absent.waiting == Waiting::cluster || absent.has_arrived) continue;
      const std::string of_block = block == this ? "" : fmt::format(" of block {} of the cluster", block->rank_);
      player_.find_at(*waits, FindingKind::barrier, "unmet",
                      fmt::format("the cluster's barrier is never reached by all: thread {}{} {}", absent.rank,
                                  of_block, block->whereabouts(absent)),
                      &absent);
      return true;
    }
  }
  return false;
}

void Block::report_deadlock() {
  for (const Thread& thread : threads_) {
    if (thread.waiting != Waiting::turn) continue;
    player_.find_at(thread, FindingKind::deadlock, "turn",
                    "waits for a value that nobody will write: no other thread of the blocks that run at the same time "
                    "changes anything any more");
    return;
  }
  static_cast<void>(report_unmet_lanes() || report_unmet_threads() || report_unmet_blocks());
}

}  // namespace knobscope::device::emulated
