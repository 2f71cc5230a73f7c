// Warp functions: lanes that meet, and what they bring each other.

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "device/emulated/block.h"
#include "device/emulated/player.h"

namespace knobscope::device::emulated {
namespace {

// Most are 4 bytes, and all of the rest 8: a call for each would take longer than the copy.
void copy_value(void* to, const void* from, unsigned bytes) {
  if (bytes == 4) {
    std::memcpy(to, from, 4);
  } else if (bytes == 8) {
    std::memcpy(to, from, 8);
  } else {
    std::memcpy(to, from, bytes);
  }
}

}  // namespace

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
    player_.find(
        FindingKind::lane, place, name,
        fmt::format("{} is called by lane {}, which its mask 0x{:08x} does not name", name, thread.lane, mask));
    kill();
  }
  WarpMeeting* meeting = nullptr;
  for (const auto& each : warp.meetings) {
    if (!each->complete && !each->is_active_mask && each->mask == mask && (each->arrived & bit) == 0 &&
        same_place(each->place, place) && same_text(each->name, name)) {
      meeting = each.get();
      break;
    }
  }
  if (meeting == nullptr) meeting = &take_meeting(warp, mask, name, place);
  meeting->orders_memory = gift.orders_memory;
  meeting->arrived |= bit;
  if (gift.predicate) meeting->predicates |= bit;
  if (gift.bytes > 0) copy_value(meeting->values[thread.lane].data(), gift.value, gift.bytes);
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
  std::vector<Acquired> acquired;
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
    for (const Acquired& each : thread.acquired) merge_acquired(acquired, each);
  }
  if (meeting.orders_memory) {
    for (unsigned lane = 0; lane < kWarpSize; ++lane) {
      if ((meeting.arrived >> lane & 1U) == 0) continue;
      Thread& thread = threads_[warp.first_thread + lane];
      thread.seen = joined;
      thread.seen_number = kSeenChanged;
      if (!acquired.empty()) thread.acquired = acquired;
      ++thread.clock;
    }
  }
  player_.note_change();
  make_ready(woken_, true);  // a warp's stacks stay in the caches while it goes from one warp function to the next
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
    copy_value(result, meeting.values[lane].data(), bytes);
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

unsigned Block::gather(unsigned mask, const void* value, void* results, unsigned bytes, const char* name, Place place) {
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

}  // namespace knobscope::device::emulated
