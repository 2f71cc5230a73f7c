// Which accesses nothing orders. Beside every few bytes of memory stands who wrote them last and who read them last;
// an access that meets another thread's, one of the two being a write, must be behind a barrier, or behind a flag that
// the other thread set after a fence.

#include <algorithm>

#include <fmt/format.h>

#include "device/emulated/player.h"

namespace knobscope::device::emulated {

bool Player::is_released(const Acquired& what, const Access& earlier) const {
  const auto found = what.address->of_block.find(earlier.block);
  if (found == what.address->of_block.end()) return false;
  // The newest first: it is most often the one.
  return std::any_of(found->second.rbegin(), found->second.rend(), [&](const SyncAddress::Release& release) {
    return release.position < what.count && covers(release, earlier);
  });
}

bool Player::is_acquired(const Access& earlier) const {
  // What this thread learnt through flags, and what others of the block learnt before the last barrier. An address may
  // pass on what its releasing threads had learnt elsewhere.
  const std::vector<Acquired>& own = block_->running().acquired;
  const auto is_released_by = [&](const Acquired& each) { return is_released(each, earlier); };
  if (std::ranges::any_of(own, is_released_by) || std::ranges::any_of(block_->acquired(), is_released_by)) return true;
  std::vector<Acquired> open = block_->acquired();
  open.insert(open.end(), own.begin(), own.end());
  std::vector<Acquired> seen;
  while (!open.empty()) {
    const Acquired each = open.back();
    open.pop_back();
    const auto known = std::ranges::find(seen, each.address, &Acquired::address);
    if (known != seen.end()) {
      if (known->count >= each.count) continue;
      known->count = each.count;
    } else {
      seen.push_back(each);
    }
    if (is_released(each, earlier)) return true;
    for (const SyncAddress::Inherited& inherited : each.address->inherited) {
      if (inherited.position < each.count) open.push_back(inherited.what);
    }
  }
  return false;
}

// A fence of the releasing thread publishes what its block did before its last barrier, and what it did itself. So does
// a fence of the thread that made the access, when a barrier brought the two together before the release.
bool Player::covers(const SyncAddress::Release& release, const Access& earlier) const {
  // The end of a copy publishes what that copy did, and nothing else.
  if (earlier.is_copys() || release.epoch >= kFirstCopy) return earlier.epoch == release.epoch;
  if (release.has_fence && (earlier.epoch < release.fence_epoch ||
                            (earlier.thread() == release.thread && earlier.epoch <= release.fence_epoch))) {
    return true;
  }
  if (earlier.epoch >= release.epoch) return false;
  const auto fences = launch_->fences.find(earlier.block);
  return fences != launch_->fences.end() && fences->second[earlier.thread()] > earlier.epoch;
}

bool Player::is_ordered(const Access& earlier) const {
  const Thread& thread = block_->running();
  if (earlier.block == block_->number() && !earlier.is_copys()) {
    if (earlier.epoch < thread.epoch) return true;
    const bool same_warp = earlier.thread() / kWarpSize == thread.rank / kWarpSize;
    if (same_warp && earlier.clock <= thread.seen[earlier.thread() % kWarpSize]) return true;
  }
  return is_acquired(earlier);
}

void Player::say_race(const Access& earlier, bool earlier_wrote, const Touched& touched, const void* pc,
                      const std::string& name) {
  FindingKey key{FindingKind::race, launch_->plan.number, kernel_->offset_of(pc), earlier.pc, name};
  if (!launch_->report.is_new(key)) return;
  const bool same_block = earlier.block == block_->number();
  RawFinding finding;
  finding.kind = FindingKind::race;
  finding.launch = key.launch;
  finding.pc = key.pc;
  finding.frames = frames();
  finding.other_pc = earlier.pc;
  const Thread& thread = block_->running();
  finding.who = block_->place_of(thread);
  finding.other_who = place_of(earlier);
  const char* missing = !same_block                                               ? "no flag set behind a fence"
                        : earlier.thread() / kWarpSize == thread.rank / kWarpSize ? "no barrier"
                                                                                  : "no barrier of the block";
  const std::string does = fmt::format("{} {}",
                                       touched.copy != 0  ? (touched.is_write ? "copies into" : "copies from")
                                       : touched.is_write ? "writes"
                                                          : "reads",
                                       name);
  const char* other = !same_block                        ? "a thread of another block"
                      : finding.who == finding.other_who ? "the same thread"
                                                         : "another thread of the block";
  finding.message = earlier.is_copys()
                        ? fmt::format("{}, which a copy {} that {} has asked for, without having waited for it", does,
                                      earlier_wrote ? "fills" : "reads", other)
                        : fmt::format("{} that {} {}, with {} between them", does, other,
                                      earlier_wrote ? "has written" : "reads", missing);
  // The first look of a loop around atomicCAS is a plain read: whatever it finds, the atomic makes sure of it.
  if (!touched.is_write && !touched.is_atomic && earlier.is_atomic()) {
    block_->running().doubtful = std::make_unique<DoubtfulRead>(DoubtfulRead{touched.address, key, std::move(finding)});
    return;
  }
  launch_->report.add(key, std::move(finding));
}

// A plain read of what others change by atomics is a race, unless the reader's next access is an atomic there.
void Player::settle(Thread& thread, std::uintptr_t next_atomic) {
  if (thread.doubtful == nullptr) return;
  const std::unique_ptr<DoubtfulRead> read = std::move(thread.doubtful);
  if (read->address != next_atomic) launch_->report.add(read->key, std::move(read->finding));
}

void Player::watch(Granule* granules, std::uint64_t offset, const Touched& touched, const void* pc,
                   const std::string* name, std::uint64_t variable) {
  settle(block_->running(), touched.is_atomic && touched.is_write ? touched.address : 0);
  const Thread& thread = block_->running();
  const std::uint32_t number = block_->number();
  const std::uint32_t epoch = thread.epoch;
  // An older block's shared memory is of no interest, nor is what was done before the launch or the grid's barrier.
  const std::uint32_t oldest = name == nullptr ? number : launch_->first_number.load(std::memory_order_relaxed);
  const std::uint64_t end = offset + touched.bytes;
  const std::uint64_t size = std::uint64_t{1} << granule_shift_;

  for (std::uint64_t granule = offset >> granule_shift_; granule << granule_shift_ < end; ++granule) {
    Granule& known = granules[granule];
    const std::uint64_t begin = granule << granule_shift_;
    const std::uint64_t from = std::max(offset, begin) - begin;
    const std::uint64_t to = std::min(end, begin + size) - begin;
    const unsigned bytes = ((1U << to) - (1U << from)) & 0xFU;

    const auto meets = [&](const Access& earlier, bool earlier_wrote) {
      if (earlier.block < oldest) return;
      const bool same_block = earlier.block == number;
      if (same_block && (earlier.epoch < epoch || (earlier.thread() == thread.rank && !earlier.is_copys()))) return;
      if ((earlier.bytes() & bytes) == 0 || (earlier.is_atomic() && touched.is_atomic)) return;
      if (is_ordered(earlier)) return;
      say_race(earlier, earlier_wrote, touched, pc, name != nullptr ? *name : shared_name(variable));
    };
    meets(known.write, true);
    Access now;
    now.block = number;
    now.pc = kernel_->offset_of(pc);
    now.epoch = touched.copy != 0 ? touched.copy : epoch;
    now.clock = thread.clock;
    now.marks = static_cast<std::uint16_t>(Access::marks_of(thread.rank, bytes, touched.is_atomic));
    if (touched.is_write) {
      meets(known.read, false);
      meets(known.earlier_read, false);
      // A plain write is not made up for by an atomic of the same thread right behind it.
      const bool plain_counts = touched.is_atomic && known.write.block == number && known.write.epoch == epoch &&
                                known.write.thread() == thread.rank && !known.write.is_atomic();
      if (!plain_counts) known.write = now;
      known.read.block = 0;
      known.earlier_read.block = 0;
      continue;
    }
    if (known.read.block >= oldest && (known.read.block != number || known.read.thread() != thread.rank)) {
      known.earlier_read = known.read;
    }
    known.read = now;
  }
}

std::string Player::shared_name(std::uint64_t variable) const {
  const SharedVariable& each = kernel_->shared().variables[variable];
  return each.is_dynamic ? "the dynamic shared memory" : fmt::format("the shared variable {}", each.name);
}

// Blocks that are over have left only their number: theirs are counted from the first of the launch, in order of play.
ThreadPlace Player::place_of(const Access& access) const {
  const LaunchPlan& plan = launch_->plan;
  const auto found = launch_->block_of_number.find(access.block);
  const std::int64_t flat = found != launch_->block_of_number.end() ? found->second : 0;
  const Index3 grid = plan.grid;
  const unsigned rank = access.thread();
  return {{flat % grid.x, flat / grid.x % grid.y, flat / grid.x / grid.y},
          {rank % plan.block.x, rank / plan.block.x % plan.block.y, rank / plan.block.x / plan.block.y}};
}

void Player::acquire(std::uintptr_t address) {
  const auto found = launch_->sync.find(address);
  if (found == launch_->sync.end()) return;
  merge_acquired(block_->running().acquired, {&found->second, found->second.releases});
}

void merge_acquired(std::vector<Acquired>& all, const Acquired& more) {
  const auto known = std::ranges::find(all, more.address, &Acquired::address);
  if (known != all.end()) {
    known->count = std::max(known->count, more.count);
  } else {
    all.push_back(more);
  }
}

// The hardware's accesses come before everything that the thread does from here on, and nothing that it does makes them
// anybody's: the atomic by which the copy's end is counted does.
void Player::copy_behind(std::uintptr_t to, std::uintptr_t from, std::uint64_t bytes, std::uintptr_t counter) {
  const std::uint32_t copy = watches_ ? kFirstCopy + launch_->copies++ : 0;
  check({from, bytes, false, false, copy}, hook_pc_);
  check({to, bytes, true, false, copy}, hook_pc_);
  if (!watches_) return;
  SyncAddress& sync = launch_->sync[counter];
  sync.of_block[block_->number()].push_back({sync.releases++, copy, copy, block_->running().rank, true});
}

void Player::release(std::uintptr_t address) {
  Thread& thread = block_->running();
  if (!thread.has_fence && !launch_->fences.contains(block_->number())) return;
  SyncAddress& sync = launch_->sync[address];
  const std::uint32_t position = sync.releases++;
  sync.of_block[block_->number()].push_back(
      {position, thread.epoch, thread.fence_epoch, thread.rank, thread.has_fence});
  const auto inherit = [&](const Acquired& what) {
    if (what.address == &sync) return;
    std::uint32_t& count = sync.inherited_up_to[what.address];
    if (count >= what.count) return;
    count = what.count;
    sync.inherited.push_back({position, what});
  };
  std::ranges::for_each(block_->acquired(), inherit);
  std::ranges::for_each(thread.acquired, inherit);
}

}  // namespace knobscope::device::emulated
