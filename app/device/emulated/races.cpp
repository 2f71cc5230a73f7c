// Which accesses nothing orders. Beside every few bytes of memory stands who wrote them last and who read them last;
// an access that meets another thread's, one of the two being a write, must be behind a barrier, or behind a flag that
// the other thread set after a fence.

#include <algorithm>

#include <fmt/format.h>

#include "device/emulated/player.h"

namespace knobscope::device::emulated {

bool Player::is_acquired(const Access& earlier) const {
  // What this thread learnt through flags, and what others of the block learnt before the last barrier. An address may
  // pass on what its releasing threads had learnt elsewhere.
  std::vector<Acquired> open = block_->acquired();
  const std::vector<Acquired>& own = block_->running().acquired;
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
    if (const auto found = each.address->of_block.find(earlier.block); found != each.address->of_block.end()) {
      for (const SyncAddress::Release& release : found->second) {
        if (release.position >= each.count) break;
        if (covers(release, earlier)) return true;
      }
    }
    for (const SyncAddress::Inherited& inherited : each.address->inherited) {
      if (inherited.position < each.count) open.push_back(inherited.what);
    }
  }
  return false;
}

// A fence of the releasing thread publishes what its block did before its last barrier, and what it did itself. So does
// a fence of the thread that made the access, when a barrier brought the two together before the release.
bool Player::covers(const SyncAddress::Release& release, const Access& earlier) const {
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
  if (earlier.block == block_->number()) {
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
  finding.message = fmt::format("{} {} that {} {}, with {} between them", touched.is_write ? "writes" : "reads", name,
                                same_block ? "another thread of the block" : "a thread of another block",
                                earlier_wrote ? "has written" : "reads", missing);
  launch_->report.add(key, std::move(finding));
}

void Player::watch(Granule* granules, std::uint64_t offset, const Touched& touched, const void* pc,
                   const std::string* name, std::uint64_t variable) {
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
      if (same_block && (earlier.epoch < epoch || earlier.thread() == thread.rank)) return;
      if ((earlier.bytes() & bytes) == 0 || (earlier.is_atomic() && touched.is_atomic)) return;
      if (is_ordered(earlier)) return;
      say_race(earlier, earlier_wrote, touched, pc, name != nullptr ? *name : shared_name(variable));
    };
    meets(known.write, true);
    Access now;
    now.block = number;
    now.pc = kernel_->offset_of(pc);
    now.epoch = epoch;
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
  Thread& thread = block_->running();
  const auto known = std::ranges::find(thread.acquired, &found->second, &Acquired::address);
  if (known != thread.acquired.end()) {
    known->count = found->second.releases;
  } else {
    thread.acquired.push_back({&found->second, found->second.releases});
  }
}

void Player::release(std::uintptr_t address) {
  Thread& thread = block_->running();
  if (!thread.has_fence && !launch_->fences.contains(block_->number())) return;
  SyncAddress& sync = launch_->sync[address];
  const std::uint32_t position = sync.releases++;
  sync.of_block[block_->number()].push_back(
      {position, thread.epoch, thread.fence_epoch, thread.rank, thread.has_fence});
  const auto inherit = [&](const Acquired& what) {
    if (what.address != &sync) sync.inherited.push_back({position, what});
  };
  std::ranges::for_each(block_->acquired(), inherit);
  std::ranges::for_each(thread.acquired, inherit);
}

}  // namespace knobscope::device::emulated
