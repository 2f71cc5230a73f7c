// Which accesses nothing orders. Beside every few bytes of memory stands who wrote them last and who read them last;
// an access that meets another thread's, one of the two being a write, must be behind a barrier, or behind a flag that
// the other thread set after a fence.

#include <algorithm>

#include <fmt/format.h>

#include "device/emulated/player.h"

namespace knobscope::device::emulated {

// Running numbers of a block change where its cluster has a barrier; what it is called here does not.
std::uint32_t Player::block_key(const Thread& thread) const {
  return has_clusters_ ? static_cast<std::uint32_t>(thread.block->flat()) : thread.number;
}

// Another block of the cluster finds a flag in shared memory elsewhere than its owner.
std::uintptr_t Player::flag_at(std::uintptr_t address) const {
  const std::uint64_t offset = address - shared_base_;
  if (!has_clusters_ || offset >= shared_bytes_) return address;
  return reinterpret_cast<std::uintptr_t>(block_->shared().content) + offset;
}

bool Player::is_released(const Acquired& what, const Access& earlier) const {
  const auto any_release = [&](std::uint32_t block, const auto& is_it) {
    const auto found = what.address->of_block.find(block);
    if (found == what.address->of_block.end()) return false;
    // The newest first: it is most often the one.
    return std::any_of(found->second.rbegin(), found->second.rend(), [&](const SyncAddress::Release& release) {
      return release.position < what.count && is_it(release);
    });
  };
  if (any_release(launch_->block_of(earlier.block),
                  [&](const SyncAddress::Release& release) { return covers(release, earlier); })) {
    return true;
  }
  if (!has_clusters_ || earlier.is_copys()) return false;
  const LaunchPlan& plan = launch_->plan;
  const std::int64_t cluster = plan.cluster_of(launch_->index_of(earlier.block));
  for (std::uint32_t rank = 0; rank < plan.cluster_blocks(); ++rank) {
    if (any_release(static_cast<std::uint32_t>(plan.block_in_cluster(cluster, rank)),
                    [&](const SyncAddress::Release& release) { return covers_in_cluster(release, earlier); })) {
      return true;
    }
  }
  return false;
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
// A barrier of the warp brings its lanes together in the same way.
bool Player::covers(const SyncAddress::Release& release, const Access& earlier) const {
  // The end of a copy publishes what that copy did, and nothing else.
  if (earlier.is_copys() || release.epoch >= kFirstCopy) return earlier.epoch == release.epoch;
  const bool same_warp = earlier.thread() / kWarpSize == release.thread / kWarpSize;
  const Fence& fence = release.fence;
  if (fence.clock != 0) {
    if (earlier.epoch < fence.epoch) return true;
    if (earlier.epoch == fence.epoch &&
        (earlier.thread() == release.thread || (same_warp && is_seen(fence.seen, earlier)))) {
      return true;
    }
  }
  const bool together =
      earlier.epoch < release.epoch || (earlier.epoch == release.epoch && same_warp && is_seen(release.seen, earlier));
  return together && is_behind_own_fence(earlier);
}

// The same where a barrier of the cluster has brought together a thread of one block and one of another.
bool Player::covers_in_cluster(const SyncAddress::Release& release, const Access& earlier) const {
  if (release.epoch >= kFirstCopy || earlier.block >= release.oldest) return false;
  return (release.fence.clock != 0 && earlier.block < release.fence.oldest) || is_behind_own_fence(earlier);
}

// Of the thread that made the access.
bool Player::is_behind_own_fence(const Access& earlier) const {
  const auto fences = launch_->fences.find(launch_->block_of(earlier.block));
  if (fences == launch_->fences.end()) return false;
  const Fence& fence = fences->second[earlier.thread()];
  return fence.clock != 0 &&
         (fence.epoch > earlier.epoch || (fence.epoch == earlier.epoch && fence.clock >= earlier.clock));
}

bool Player::is_seen(std::uint32_t number, const Access& earlier) const {
  return number != 0 && earlier.clock <= launch_->seen[number - 1][earlier.thread() % kWarpSize];
}

std::uint32_t Player::seen_of(Thread& thread) {
  if (thread.seen_number == kSeenChanged) {
    launch_->seen.push_back(thread.seen);
    thread.seen_number = static_cast<std::uint32_t>(launch_->seen.size());
  }
  return thread.seen_number;
}

bool Player::is_same_block(const Access& earlier) const {
  if (earlier.block == block_->running().number) return true;
  return has_clusters_ && launch_->index_of(earlier.block) == block_->flat();
}

bool Player::is_behind_cluster_barrier(const Access& earlier, std::uint32_t oldest) const {
  return has_clusters_ && earlier.block < oldest && !earlier.is_copys() &&
         launch_->plan.cluster_of(launch_->index_of(earlier.block)) == block_->cluster().number;
}

bool Player::is_ordered(const Access& earlier) const {
  const Thread& thread = block_->running();
  if (!earlier.is_copys() && is_same_block(earlier)) {
    if (earlier.epoch < thread.epoch) return true;
    const bool same_warp = earlier.thread() / kWarpSize == thread.rank / kWarpSize;
    if (same_warp && earlier.epoch == thread.epoch && earlier.clock <= thread.seen[earlier.thread() % kWarpSize]) {
      return true;
    }
  }
  return is_behind_cluster_barrier(earlier, thread.oldest) || is_acquired(earlier);
}

void Player::say_race(const Access& earlier, bool earlier_wrote, const Touched& touched, const void* pc,
                      const std::string& name) {
  FindingKey key{FindingKind::race, launch_->plan.number, kernel_->offset_of(pc), earlier.pc, name};
  if (!launch_->report.is_new(key)) return;
  const bool same_block = is_same_block(earlier);
  RawFinding finding;
  finding.kind = FindingKind::race;
  finding.launch = key.launch;
  finding.pc = key.pc;
  finding.frames = frames();
  finding.other_pc = earlier.pc;
  const Thread& thread = block_->running();
  finding.who = block_->place_of(thread);
  finding.other_who = place_of(earlier);
  const bool same_cluster =
      has_clusters_ && launch_->plan.cluster_of(launch_->index_of(earlier.block)) == block_->cluster().number;
  const char* missing = !same_block && same_cluster                               ? "no barrier of the cluster"
                        : !same_block                                             ? "no flag set behind a fence"
                        : earlier.thread() / kWarpSize == thread.rank / kWarpSize ? "no barrier"
                                                                                  : "no barrier of the block";
  const std::string does = fmt::format("{} {}",
                                       touched.copy != 0  ? (touched.is_write ? "copies into" : "copies from")
                                       : touched.is_write ? "writes"
                                                          : "reads",
                                       name);
  const char* other = !same_block && same_cluster        ? "a thread of another block of the cluster"
                      : !same_block                      ? "a thread of another block"
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
                   const Named& memory) {
  settle(block_->running(), touched.is_atomic && touched.is_write ? touched.address : 0);
  const Thread& thread = block_->running();
  const std::uint32_t number = thread.number;
  const std::uint32_t epoch = thread.epoch;
  // An older block's shared memory is of no interest, nor is what was done before the launch or the grid's barrier. Of
  // shared memory all is behind a thread that was done before its cluster's last barrier, but for copies.
  const std::uint32_t first_number = launch_->first_number.load(std::memory_order_relaxed);
  const std::uint32_t oldest = memory.buffer == nullptr ? thread.oldest : first_number;
  const std::uint32_t oldest_copys = memory.buffer == nullptr ? block_->cluster().first : first_number;
  const std::uint64_t end = offset + touched.bytes;
  const std::uint64_t size = std::uint64_t{1} << granule_shift_;

  for (std::uint64_t granule = offset >> granule_shift_; granule << granule_shift_ < end; ++granule) {
    Granule& known = granules[granule];
    const std::uint64_t begin = granule << granule_shift_;
    const std::uint64_t from = std::max(offset, begin) - begin;
    const std::uint64_t to = std::min(end, begin + size) - begin;
    const unsigned bytes = ((1U << to) - (1U << from)) & 0xFU;

    const auto meets = [&](const Access& earlier, bool earlier_wrote) {
      if (earlier.block < oldest && (!earlier.is_copys() || earlier.block < oldest_copys)) return;
      const bool same_block = is_same_block(earlier);
      if (same_block && (earlier.epoch < epoch || (earlier.thread() == thread.rank && !earlier.is_copys()))) return;
      if ((earlier.bytes() & bytes) == 0 || (earlier.is_atomic() && touched.is_atomic)) return;
      if (is_ordered(earlier)) return;
      say_race(earlier, earlier_wrote, touched, pc, name_of(memory));
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

std::string Player::name_of(const Named& memory) const {
  return memory.buffer != nullptr ? *memory.buffer : shared_name(*memory.owner, memory.variable);
}

std::string Player::shared_name(const Block& owner, std::uint64_t variable) const {
  const SharedVariable& each = kernel_->shared().variables[variable];
  const std::string name =
      each.is_dynamic ? "the dynamic shared memory" : fmt::format("the shared variable {}", each.name);
  return &owner == block_ ? name : fmt::format("{} of block {} of the cluster", name, owner.rank());
}

// Blocks that are over have left only their number: theirs are counted from the first of the launch, in order of play.
ThreadPlace Player::place_of(const Access& access) const {
  const LaunchPlan& plan = launch_->plan;
  const std::int64_t flat = launch_->index_of(access.block);
  const Index3 grid = plan.grid;
  const unsigned rank = access.thread();
  return {{flat % grid.x, flat / grid.x % grid.y, flat / grid.x / grid.y},
          {rank % plan.block.x, rank / plan.block.x % plan.block.y, rank / plan.block.x / plan.block.y}};
}

void Player::acquire(std::uintptr_t address) {
  const auto found = launch_->sync.find(flag_at(address));
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
  const Thread& thread = block_->running();
  SyncAddress& sync = launch_->sync[flag_at(counter)];
  sync.of_block[block_key(thread)].push_back({sync.releases++, copy, {}, 0, 0, thread.rank});
}

void Player::release(std::uintptr_t address) {
  Thread& thread = block_->running();
  const std::uint32_t block = block_key(thread);
  if (thread.fence.clock == 0 && (has_clusters_ ? launch_->fences.empty() : !launch_->fences.contains(block))) return;
  SyncAddress& sync = launch_->sync[flag_at(address)];
  const std::uint32_t position = sync.releases++;
  sync.of_block[block].push_back({position, thread.epoch, thread.fence, thread.oldest, seen_of(thread), thread.rank});
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

// The last access of another block to each place must be behind the end of this one.
void Player::check_end() {
  const SharedMemory& shared = block_->shared();
  const auto* granules = reinterpret_cast<const Granule*>(shared.granules.get());
  for (std::uint64_t at = shared.touched_begin; at < shared.touched_end; at += std::uint64_t{1} << granule_shift_) {
    const Granule& known = granules[at >> granule_shift_];
    for (const Access* each : {&known.write, &known.read, &known.earlier_read}) {
      if (each->block < block_->cluster().first || is_same_block(*each) || is_ordered(*each)) continue;
      const std::uint8_t owner = owners_[at];
      if (owner != 0) say_ends_too_early(*each, shared_name(*block_, owner - 1U));
    }
  }
}

void Player::say_ends_too_early(const Access& access, const std::string& name) {
  FindingKey key{FindingKind::out_of_bounds, launch_->plan.number, access.pc, 0, "ended"};
  if (!launch_->report.is_new(key)) return;
  RawFinding finding;
  finding.kind = key.kind;
  finding.launch = key.launch;
  finding.pc = access.pc;
  finding.who = place_of(access);
  finding.message = fmt::format(
      "{} of block {} of the cluster is used while nothing keeps that block from ending: all "
      "blocks have to meet behind this",
      name, block_->rank());
  launch_->report.add(key, std::move(finding));
}

}  // namespace knobscope::device::emulated
