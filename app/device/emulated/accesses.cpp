// What is checked before every access: does the memory exist, is it aligned, was it ever written.

#include <cstring>

#include <execinfo.h>
#include <fmt/format.h>

#include "device/emulated/access.h"
#include "device/emulated/player.h"

namespace knobscope::device::emulated {
namespace {

const char* verb(const Touched& touched) {
  if (touched.is_atomic && touched.is_write) return "changes";
  return touched.is_write ? "writes" : "reads";
}

std::string amount(std::uint64_t bytes) { return fmt::format("{} byte{}", bytes, bytes == 1 ? "" : "s"); }

// Kernels count elements: where all is a multiple of the access, so does the sentence.
std::string position(std::uint64_t at, std::uint64_t bytes) {
  return at % bytes == 0 ? fmt::format("element {}", at / bytes) : fmt::format("byte {}", at);
}

std::string extent(std::uint64_t size, std::uint64_t bytes) {
  return size % bytes == 0 ? fmt::format("{}", size / bytes) : amount(size);
}

bool is_all_written(const std::uint8_t* written, std::uint64_t bytes) {
  return std::memchr(written, 0, static_cast<std::size_t>(bytes)) == nullptr;
}

}  // namespace

Frames Player::frames() const {
  if (fault_frames_[0] != 0) return fault_frames_;
  // The calls around the access, as far as they are the kernel's own.
  std::array<void*, 48> addresses{};
  const int count = ::backtrace(addresses.data(), static_cast<int>(addresses.size()));
  Frames frames{};
  std::size_t kept = 0;
  for (int i = 0; i < count && kept < frames.size(); ++i) {
    const std::uint32_t offset = kernel_->offset_of(addresses[static_cast<std::size_t>(i)]);
    if (offset != 0) frames[kept++] = offset;
  }
  return frames;
}

void Player::find_access(FindingKind kind, const void* pc, const std::string& subject, const std::string& message) {
  FindingKey key{kind, launch_->plan.number, kernel_->offset_of(pc), 0, subject};
  if (!launch_->report.is_new(key)) return;
  RawFinding finding;
  finding.kind = kind;
  finding.message = message;
  finding.launch = launch_->plan.number;
  finding.pc = key.pc;
  finding.frames = frames();
  finding.who = block_->place_of(block_->running());
  launch_->report.add(key, std::move(finding));
}

void Player::find(FindingKind kind, Place place, const std::string& subject, const std::string& message) {
  FindingKey key{kind, launch_->plan.number, kernel_->offset_of(hook_pc_), place.line, subject};
  if (!launch_->report.is_new(key)) return;
  RawFinding finding;
  finding.kind = kind;
  finding.message = message;
  finding.launch = launch_->plan.number;
  finding.pc = key.pc;
  finding.frames = frames();
  finding.file = place.file != nullptr ? place.file : "";
  finding.line = static_cast<int>(place.line);
  finding.who = block_->place_of(block_->running());
  launch_->report.add(key, std::move(finding));
}

void Player::find_at(const Thread& thread, FindingKind kind, const std::string& subject, const std::string& message,
                     const Thread* other) {
  FindingKey key{kind, launch_->plan.number, kernel_->offset_of(thread.pc), thread.place.line, subject};
  if (!launch_->report.is_new(key)) return;
  RawFinding finding;
  finding.kind = kind;
  finding.message = message;
  finding.launch = launch_->plan.number;
  finding.pc = key.pc;
  finding.file = thread.place.file != nullptr ? thread.place.file : "";
  finding.line = static_cast<int>(thread.place.line);
  finding.who = thread.block->place_of(thread);
  if (other != nullptr) {
    finding.other_who = other->block->place_of(*other);
    if (other->waiting != Waiting::finished && other->pc != nullptr) {
      finding.other_pc = kernel_->offset_of(other->pc);
      finding.other_file = other->place.file != nullptr ? other->place.file : "";
      finding.other_line = static_cast<int>(other->place.line);
    }
  }
  launch_->report.add(key, std::move(finding));
}

void Player::say_outside(const Region& region, const Touched& touched, const void* pc) {
  std::string message;
  std::string subject = region.name;
  if (region.data == 0) {
    subject = "nothing";
    message =
        fmt::format("{} {} outside every buffer: the address belongs to none", verb(touched), amount(touched.bytes));
  } else if (touched.address < region.data) {
    message = fmt::format("{} {} that begin {} before the start of {}", verb(touched), amount(touched.bytes),
                          amount(region.data - touched.address), region.name);
  } else {
    const std::uint64_t at = touched.address - region.data;
    message = at >= region.size
                  ? fmt::format("{} {} of {} at {}, but it has only {}", verb(touched), amount(touched.bytes),
                                region.name, position(at, touched.bytes), extent(region.size, touched.bytes))
                  : fmt::format("{} {} of {} from byte {} on, of which only {} exist", verb(touched),
                                amount(touched.bytes), region.name, at, region.size - at);
  }
  find_access(FindingKind::out_of_bounds, pc, subject, message);
}

void Player::say_misaligned(const Touched& touched, const char* type, const void* pc) {
  std::string of = "memory";
  if (touched.address - stack_low_ < kStackBytes) {
    of = "a local variable";
  } else if (touched.address - arena_.base() < arena_.bytes()) {
    const Region& region = arena_.region_of(touched.address);
    if (region.data == 0 || touched.address - region.data >= region.size) {
      say_outside(region, touched, pc);  // that it is nobody's says more
      return;
    }
    of = region.name;
  } else if (touched.address - shared_base_ < shared_bytes_) {
    of = "shared memory";
  }
  find_access(FindingKind::misaligned, pc, of,
              type != nullptr ? fmt::format("follows a pointer to {} into {}, at an address that is no multiple of {}",
                                            type, of, touched.bytes)
                              : fmt::format("{} {} of {} at an address that is no multiple of {}", verb(touched),
                                            amount(touched.bytes), of, touched.bytes));
}

void Player::misaligned(const Touched& touched, const char* type, const void* pc) {
  say_misaligned(touched, type, pc);
  block_->kill();
}

void Player::say_uninitialised(const Region& region, const Touched& touched, const void* pc) {
  find_access(FindingKind::uninitialised, pc, region.name,
              fmt::format("{} {} of {} at {} that nobody has written", verb(touched), amount(touched.bytes),
                          region.name, position(touched.address - region.data, touched.bytes)));
}

// Any size, anywhere; alignment is the caller's.
void Player::check(const Touched& touched, const void* pc) {
  if (touched.address - stack_low_ < kStackBytes) return;
  if (touched.address - arena_.base() >= arena_.bytes()) {
    check_outside_buffers(touched, pc);
    return;
  }
  Region& region = arena_.region_of(touched.address);
  const std::uint64_t at = touched.address - region.data;
  if (region.data == 0 || at >= region.size || touched.bytes > region.size - at) {
    say_outside(region, touched, pc);
    block_->kill();
  }
  const bool reads = !touched.is_write || touched.is_atomic;
  if (reads && !is_all_written(region.written + at, touched.bytes)) {
    say_uninitialised(region, touched, pc);
  }
  if (touched.is_write) {
    if (region.is_input) say_input_written(region, touched, pc);
    std::memset(region.written + at, 1, touched.bytes);
    ++changes_;
  }
  if (watches_) watch(region.granules, at, touched, pc, Named{&region.name});
}

void Player::say_input_written(const Region& region, const Touched& touched, const void* pc) {
  find_access(FindingKind::input_written, pc, region.name,
              fmt::format("{} {}, an input: it belongs to whoever called the kernel", verb(touched), region.name));
}

void Player::say_outside_shared(const Block& owner, std::uint64_t offset, const Touched& touched, const void* pc) {
  // Named by the variable that begins before it, which is the one that was too short.
  const SharedVariable* nearest = nullptr;
  for (const SharedVariable& variable : kernel_->shared().variables) {
    if (variable.offset <= offset && !variable.is_compilers) nearest = &variable;
  }
  const std::uint64_t size = nearest == nullptr ? 0 : nearest->is_dynamic ? launch_->plan.shared_bytes : nearest->size;
  const std::string name =
      nearest == nullptr ? "shared memory"
                         : shared_name(owner, static_cast<std::uint64_t>(nearest - kernel_->shared().variables.data()));
  find_access(FindingKind::out_of_bounds, pc, name,
              fmt::format("{} {} of {} at {}, but it has only {}", verb(touched), amount(touched.bytes), name,
                          position(nearest == nullptr ? offset : offset - nearest->offset, touched.bytes),
                          extent(size, touched.bytes)));
}

void Player::check_shared(Block& owning, std::uint64_t offset, const Touched& touched, const void* pc) {
  SharedMemory& shared = owning.shared();
  const std::uint64_t last = offset + touched.bytes - 1;
  const std::uint8_t owner = owners_[offset];
  if (owner == 0 || last >= shared_bytes_ || owners_[last] != owner) {
    say_outside_shared(owning, offset, touched, pc);
    block_->kill();
  }
  const SharedVariable& variable = kernel_->shared().variables[owner - 1U];
  if (variable.is_compilers) return;
  const bool reads = !touched.is_write || touched.is_atomic;
  if (reads && !is_all_written(shared.written.data() + offset, touched.bytes)) {
    const std::string name = shared_name(owning, owner - 1U);
    find_access(FindingKind::uninitialised, pc, name,
                fmt::format("{} {} of {} at {} that no thread of the block has written", verb(touched),
                            amount(touched.bytes), name, position(offset - variable.offset, touched.bytes)));
  }
  if (touched.is_write) {
    std::memset(shared.written.data() + offset, 1, touched.bytes);
    ++changes_;
  }
  if (watches_) {
    watch(reinterpret_cast<Granule*>(shared.granules.get()), offset, touched, pc, Named{nullptr, &owning, owner - 1U});
  }
}

// --- Shared memory of the cluster's other blocks ---------------------------------------------------------------------

Block* Player::owner_of(std::uintptr_t address) const {
  for (Block* block : block_->cluster().blocks) {
    if (address - reinterpret_cast<std::uintptr_t>(block->shared().content) < shared_bytes_) return block;
  }
  return nullptr;
}

void Player::check_others_shared(Block& owner, const Touched& touched, const void* pc) {
  const std::uint64_t offset = touched.address - reinterpret_cast<std::uintptr_t>(owner.shared().content);
  if (owner.is_over() || &owner == block_) {
    find_access(FindingKind::out_of_bounds, pc, "ended",
                &owner == block_
                    ? fmt::format("{} its own shared memory through a pointer that another block has made, which "
                                  "cannot be played: make it with the block's own rank",
                                  verb(touched))
                    : fmt::format("{} {} of shared memory of block {} of the cluster, which has ended: all blocks have "
                                  "to meet before one of them ends",
                                  verb(touched), amount(touched.bytes), owner.rank()));
    block_->kill();
  }
  SharedMemory& shared = owner.shared();
  const bool is_first = shared.touched_begin == shared.touched_end;
  shared.touched_begin = is_first ? offset : std::min(shared.touched_begin, offset);
  shared.touched_end = is_first ? offset + touched.bytes : std::max(shared.touched_end, offset + touched.bytes);
  check_shared(owner, offset, touched, pc);
}

void Player::say_no_shared(Place place) {
  find(FindingKind::out_of_bounds, place, "map",
       "asks where in another block's shared memory something is that is not in shared memory");
}

unsigned Player::shared_rank(std::uintptr_t address, Place place) {
  if (address - shared_base_ < shared_bytes_) return block_->rank();
  const Block* owner = has_clusters_ ? owner_of(address) : nullptr;
  if (owner == nullptr) {
    say_no_shared(place);
    block_->kill();
  }
  return owner->rank();
}

std::uintptr_t Player::map_shared(std::uintptr_t address, unsigned rank, Place place) {
  std::uint64_t offset = address - shared_base_;
  if (offset >= shared_bytes_) {
    const unsigned of = shared_rank(address, place);
    offset = address - reinterpret_cast<std::uintptr_t>(block_->cluster().blocks[of]->shared().content);
  }
  const std::vector<Block*>& blocks = block_->cluster().blocks;
  if (rank >= blocks.size()) {
    find(FindingKind::out_of_bounds, place, "rank",
         fmt::format("asks for the shared memory of block {} of a cluster of {}", rank, blocks.size()));
    block_->kill();
  }
  if (rank == block_->rank()) return shared_base_ + offset;
  return reinterpret_cast<std::uintptr_t>(blocks[rank]->shared().content) + offset;
}

void Player::check_outside_buffers(const Touched& touched, const void* pc) {
  if (const std::uint64_t offset = touched.address - shared_base_; offset < shared_bytes_) {
    check_shared(*block_, offset, touched, pc);
    return;
  }
  // Constants, and variables at namespace scope.
  if (touched.address - kernel_->image_base() < kernel_->image_bytes()) {
    if (touched.is_write) {
      if (const ConstantVariable* constant = kernel_->constant_at(touched.address)) {
        find_access(FindingKind::input_written, pc, constant->name,
                    fmt::format("{} {}, which is __constant__: no kernel can write it", verb(touched), constant->name));
        block_->kill();  // what is const too lies where the write would fault
      }
      ++changes_;
    }
    return;
  }
  if (Block* owner = has_clusters_ ? owner_of(touched.address) : nullptr; owner != nullptr) {
    check_others_shared(*owner, touched, pc);
    return;
  }
  say_outside_everything(touched, pc);
  block_->kill();
}

void Player::say_outside_everything(const Touched& touched, const void* pc) {
  if (touched.address < 4096) {
    find_access(FindingKind::out_of_bounds, pc, "null",
                fmt::format("{} {} through a null pointer (address {})", verb(touched), amount(touched.bytes),
                            touched.address));
  } else if (fibres_.owns(touched.address)) {
    find_access(FindingKind::out_of_bounds, pc, "local",
                fmt::format("{} {} of another thread's local variables, which only that thread can reach on a GPU",
                            verb(touched), amount(touched.bytes)));
  } else {
    find_access(
        FindingKind::out_of_bounds, pc, "nothing",
        fmt::format("{} {} outside every buffer: the address belongs to none", verb(touched), amount(touched.bytes)));
  }
}

// --- Volatile accesses, atomics and fences --------------------------------------------------------------------------

void Player::volatile_access(const Touched& touched, const void* pc) {
  hook_pc_ = pc;
  if (touched.address - stack_low_ < kStackBytes) return;
  if (touched.address % touched.bytes != 0) misaligned(touched, nullptr, pc);
  block_->running().place = Place{nullptr, 0, pc};  // where it may wait; the last built-in's would be misleading
  poll();
  if (touched.is_write && watches_) release(touched.address);
  // As a read it may find what nobody wrote, as a write it changes nothing that it would have to read.
  check(touched, pc);
  if (!touched.is_write && watches_) acquire(touched.address);
}

void Player::look_again() {
  constexpr unsigned kLooksBeforeATurn = 1024;
  if (++looks_ < kLooksBeforeATurn) return;
  looks_ = 0;
  block_->yield();
}

// A loop that looks at memory until another thread changes it must let that thread run.
void Player::poll() {
  constexpr unsigned kLooksBeforeATurn = 64;
  Thread& thread = block_->running();
  if (++thread.polls < kLooksBeforeATurn) return;
  block_->yield();
}

void Player::atomic_begin(const Touched& touched, Place place) {
  const void* pc = place.pc;
  block_->running().place = place;
  if (touched.address - stack_low_ < kStackBytes) return;
  if (touched.address % touched.bytes != 0) misaligned(touched, nullptr, pc);
  poll();
  const std::uint64_t changes = changes_;
  check(touched, pc);
  changes_ = changes;  // whether it changes anything is known at its end
  if (watches_) {
    acquire(touched.address);
    release(touched.address);
    return;
  }
  lock_ = &launch_->locks[touched.address / 16 % launch_->locks.size()];
  while (lock_->test_and_set(std::memory_order_acquire)) {
  }
}

void Player::atomic_end(bool changed) {
  if (changed) ++changes_;
  if (lock_ == nullptr) return;
  lock_->clear(std::memory_order_release);
  lock_ = nullptr;
}

// Of any scope: whom it reaches is decided by who looks at the flag behind it.
void Player::fence() {
  if (!watches_) return;
  Thread& thread = block_->running();
  thread.fence = Fence{thread.epoch, thread.clock, thread.oldest, seen_of(thread)};
  std::vector<Fence>& fences = launch_->fences[block_key(thread)];
  fences.resize(launch_->plan.threads());
  fences[thread.rank] = thread.fence;
}

}  // namespace knobscope::device::emulated
