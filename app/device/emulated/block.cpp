#include "device/emulated/block.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "device/emulated/player.h"

namespace knobscope::device::emulated {
namespace {

constexpr unsigned kSwitchesBetweenLooks = 4096;

bool same_place(Place a, Place b) {
  return a.line == b.line && (a.file == b.file || std::strcmp(a.file, b.file) == 0);
}

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

void Block::begin(std::int64_t flat, SharedMemory& shared) {
  const Index3 grid = launch_.plan.grid;
  index_ = {static_cast<unsigned>(flat % grid.x), static_cast<unsigned>(flat / grid.x % grid.y),
            static_cast<unsigned>(flat / grid.x / grid.y)};
  flat_ = flat;
  take_number(launch_.next_number.fetch_add(1));
  shared_ = &shared;
  random_.seed(launch_.plan.play.seed ^ (static_cast<std::uint64_t>(flat) * 0x9E3779B97F4A7C15ULL));
  barriers_.clear();
  ready_.clear();
  yielded_.clear();
  acquired_.clear();
  killed_ = false;
  at_grid_barrier_ = 0;
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
    thread.epoch = 0;
    thread.clock = 1;
    thread.seen.fill(0);
    thread.has_fence = false;
    thread.acquired.clear();
    thread.warp->lanes |= 1U << thread.lane;
    woken_.push_back(&thread);
  }
  make_ready(woken_);
}

void Block::make_ready(std::vector<Thread*>& threads) {
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
  ready_.insert(ready_.end(), threads.begin(), threads.end());
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
  thread.waiting = Waiting::finished;
  thread.pc = nullptr;
  --alive_;
  player_.note_change();
  Warp& warp = *thread.warp;
  warp.lanes &= ~(1U << thread.lane);
  // Completing may recycle, so by index.
  for (std::size_t i = 0; i < warp.meetings.size(); ++i) {
    WarpMeeting& meeting = *warp.meetings[i];
    if (!meeting.complete && (meeting.mask >> thread.lane & 1U) != 0) complete_if_all_are_there(warp, meeting);
  }
  for (std::size_t i = 0; i < barriers_.size(); ++i) {
    if (thread.rank >= barriers_[i].first && thread.rank < barriers_[i].first + barriers_[i].count) complete_barrier(i--);
  }
}

// --- Barriers -------------------------------------------------------------------------------------------------------

int Block::barrier(unsigned first, unsigned count, BarrierKind kind, int predicate, Place place) {
  Thread& thread = *running_;
  auto found = std::find_if(barriers_.begin(), barriers_.end(), [&](const Barrier& each) {
    return each.first == first && each.count == count;
  });
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
  say_divergent(barrier, woken_);
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
    for (const Acquired& each : thread->acquired) acquired_.push_back(each);
    thread->acquired.clear();
  }
  barriers_.erase(barriers_.begin() + static_cast<std::ptrdiff_t>(index));
  std::erase(woken_, running_);  // goes on by itself
  player_.note_change();
  make_ready(woken_);
}

void Block::say_divergent(const Barrier& barrier, const std::vector<Thread*>& waiting) {
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
    player_.find_at(*other, FindingKind::barrier, "divergent",
                    "this barrier and another one wait for each other's threads: all threads of a block must reach the "
                    "same __syncthreads",
                    &first);
    return;
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

// --- Warp functions -------------------------------------------------------------------------------------------------

WarpMeeting& Block::take_meeting(Warp& warp, unsigned mask, const char* name, Place place) {
  std::unique_ptr<WarpMeeting> meeting;
  if (warp.spare.empty()) {
    meeting = std::make_unique<WarpMeeting>();
  } else {
    meeting = std::move(warp.spare.back());
    warp.spare.pop_back();
  }
  meeting->mask = mask;
  meeting->arrived = meeting->gone = meeting->predicates = 0;
  meeting->complete = meeting->orders_memory = meeting->is_active_mask = false;
  meeting->name = name;
  meeting->place = place;
  warp.meetings.push_back(std::move(meeting));
  return *warp.meetings.back();
}

WarpMeeting& Block::meet(unsigned mask, const Gift& gift, const char* name, Place place) {
  Thread& thread = *running_;
  Warp& warp = *thread.warp;
  const unsigned bit = 1U << thread.lane;
  if ((mask & bit) == 0) {
    player_.find(FindingKind::lane, place, name,
                 fmt::format("{} is called by lane {}, which its mask 0x{:08x} does not name", name, thread.lane, mask));
    kill();
  }
  WarpMeeting* meeting = nullptr;
  for (const auto& each : warp.meetings) {
    if (!each->complete && !each->is_active_mask && each->mask == mask && (each->arrived & bit) == 0 &&
        same_place(each->place, place) && std::strcmp(each->name, name) == 0) {
      meeting = each.get();
      break;
    }
  }
  if (meeting == nullptr) meeting = &take_meeting(warp, mask, name, place);
  meeting->orders_memory = gift.orders_memory;
  meeting->arrived |= bit;
  if (gift.predicate) meeting->predicates |= bit;
  if (gift.bytes > 0) std::memcpy(meeting->values[thread.lane].data(), gift.value, gift.bytes);
  thread.meeting = meeting;
  complete_if_all_are_there(warp, *meeting);
  if (!meeting->complete) wait(Waiting::warp, place, name);
  return *meeting;
}

void Block::complete_if_all_are_there(Warp& warp, WarpMeeting& meeting) {
  if (meeting.arrived == (meeting.mask & (warp.lanes | meeting.arrived))) complete(warp, meeting);
}

void Block::complete(Warp& warp, WarpMeeting& meeting) {
  meeting.complete = true;
  woken_.clear();
  std::array<std::uint16_t, kWarpSize> joined{};
  for (unsigned lane = 0; lane < kWarpSize; ++lane) {
    if ((meeting.arrived >> lane & 1U) == 0) continue;
    Thread& thread = threads_[warp.first_thread + lane];
    if (thread.waiting == Waiting::warp) {
      thread.waiting = Waiting::nothing;
      woken_.push_back(&thread);
    }
    if (!meeting.orders_memory) continue;
    for (unsigned i = 0; i < kWarpSize; ++i) joined[i] = std::max(joined[i], thread.seen[i]);
    joined[lane] = std::max(joined[lane], thread.clock);
  }
  if (meeting.orders_memory) {
    for (unsigned lane = 0; lane < kWarpSize; ++lane) {
      if ((meeting.arrived >> lane & 1U) == 0) continue;
      Thread& thread = threads_[warp.first_thread + lane];
      thread.seen = joined;
      ++thread.clock;
    }
  }
  player_.note_change();
  make_ready(woken_);
}

void Block::leave(WarpMeeting& meeting) {
  Thread& thread = *running_;
  thread.meeting = nullptr;
  meeting.gone |= 1U << thread.lane;
  if (meeting.gone != meeting.arrived) return;
  auto& meetings = thread.warp->meetings;
  const auto found =
      std::find_if(meetings.begin(), meetings.end(), [&](const auto& each) { return each.get() == &meeting; });
  thread.warp->spare.push_back(std::move(*found));
  meetings.erase(found);
}

void Block::sync_warp(unsigned mask, Place place) {
  leave(meet(mask, Gift{nullptr, 0, false, true}, "__syncwarp", place));
}

void Block::shuffle(unsigned mask, unsigned source, const void* value, void* result, unsigned bytes, const char* name,
                    Place place) {
  WarpMeeting& meeting = meet(mask, Gift{value, bytes, false, false}, name, place);
  const unsigned lane = source % kWarpSize;
  if ((meeting.arrived >> lane & 1U) != 0) {
    std::memcpy(result, meeting.values[lane].data(), bytes);
  } else {
    const Thread& thread = *running_;
    player_.find(FindingKind::lane, place, name,
                 fmt::format("{} of lane {} takes the value of lane {}, which {}", name, thread.lane, lane,
                             (mask >> lane & 1U) == 0 ? fmt::format("its mask 0x{:08x} does not name", mask)
                             : thread.warp->first_thread + lane >= threads_.size() ? "the block does not have"
                                                                                    : "has already ended"));
    std::memset(result, 0xFF, bytes);  // undefined on a GPU; a NaN shows
  }
  leave(meeting);
}

unsigned Block::ballot(unsigned mask, int predicate, const char* name, Place place) {
  WarpMeeting& meeting = meet(mask, Gift{nullptr, 0, predicate != 0, false}, name, place);
  const unsigned result = meeting.predicates;
  leave(meeting);
  return result;
}

unsigned Block::gather(unsigned mask, const void* value, void* results, unsigned bytes, const char* name,
                       Place place) {
  WarpMeeting& meeting = meet(mask, Gift{value, bytes, false, false}, name, place);
  auto* to = static_cast<unsigned char*>(results);
  for (unsigned lane = 0; lane < kWarpSize; ++lane) {
    if ((meeting.arrived >> lane & 1U) != 0) std::memcpy(to + lane * bytes, meeting.values[lane].data(), bytes);
  }
  const unsigned arrived = meeting.arrived;
  leave(meeting);
  return arrived;
}

unsigned Block::active_mask(Place place) {
  Thread& thread = *running_;
  Warp& warp = *thread.warp;
  WarpMeeting* meeting = nullptr;
  for (const auto& each : warp.meetings) {
    if (!each->complete && each->is_active_mask && same_place(each->place, place) &&
        (each->arrived >> thread.lane & 1U) == 0) {
      meeting = each.get();
      break;
    }
  }
  if (meeting == nullptr) {
    meeting = &take_meeting(warp, warp.lanes, "__activemask", place);
    meeting->is_active_mask = true;
  }
  meeting->arrived |= 1U << thread.lane;
  thread.meeting = meeting;
  if (meeting->arrived == warp.lanes) {
    complete(warp, *meeting);
  } else {
    wait(Waiting::warp, place, "__activemask");
  }
  const unsigned arrived = meeting->arrived;
  leave(*meeting);
  return arrived;
}

// Nobody else of the warp comes any more: those who are there are the active ones.
bool Block::complete_active_masks() {
  bool any = false;
  for (Warp& warp : warps_) {
    for (std::size_t i = 0; i < warp.meetings.size(); ++i) {
      WarpMeeting& meeting = *warp.meetings[i];
      if (meeting.complete || !meeting.is_active_mask) continue;
      complete(warp, meeting);
      any = true;
    }
  }
  return any;
}

// --- Who waits for whom ---------------------------------------------------------------------------------------------

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

void Block::report_unmet_threads() {
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
  if (waits == nullptr) return;
  const auto absent = std::find_if_not(threads_.begin(), threads_.end(), is_with_it);
  if (absent == threads_.end()) return;
  player_.find_at(*waits, FindingKind::barrier, "unmet",
                  fmt::format("{} is never reached by all: thread {} {}", waits->name, absent->rank,
                              whereabouts(*absent)),
                  &*absent);
}

void Block::report_deadlock() {
  for (const Thread& thread : threads_) {
    if (thread.waiting != Waiting::turn) continue;
    player_.find_at(thread, FindingKind::deadlock, "turn",
                    "waits for a value that nobody will write: no other thread of the blocks that run at the same time "
                    "changes anything any more");
    return;
  }
  if (!report_unmet_lanes()) report_unmet_threads();
}

}  // namespace knobscope::device::emulated
