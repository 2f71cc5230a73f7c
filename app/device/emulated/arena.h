#pragma once
// Where the emulated device's buffers live: far apart in one stretch of address space, so that an address alone tells
// which buffer it means, and an index that went astray by gigabytes still does not hit another one. Beside each buffer
// stands what is known of its bytes: whether they were ever written, and who touched them last.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "device/device.h"

namespace knobscope::device::emulated {

/// Epochs from here on are those of copies that go on behind their threads' backs, a number each.
inline constexpr std::uint32_t kFirstCopy = 0x80000000U;

/// One access, as remembered beside the memory it touched. All zero: nobody.
struct Access {
  std::uint32_t block = 0;  ///< running number of the block over the device's life, counted from 1
  std::uint32_t pc = 0;     ///< offset of the return address in the kernel's code
  std::uint32_t epoch = 0;  ///< block barriers its thread had passed; or the number of a copy
  std::uint16_t clock = 0;  ///< warp barriers its thread had passed since
  // Packed by hand: bit fields are read back before they have left the processor's store buffer, which costs more than
  // all the rest of a check.
  std::uint16_t marks = 0;  ///< thread (11 bits), bytes (4), atomic (1)

  /// Rank in the block.
  unsigned thread() const { return marks & 0x7FFU; }
  /// Which bytes of the granule, one bit each.
  unsigned bytes() const { return marks >> 11 & 0xFU; }
  /// An atomic or volatile access.
  bool is_atomic() const { return (marks & 0x8000U) != 0; }
  /// By a copy that its thread asked for.
  bool is_copys() const { return epoch >= kFirstCopy; }
  static constexpr unsigned marks_of(unsigned thread, unsigned bytes, bool atomic) {
    return thread | bytes << 11 | (atomic ? 0x8000U : 0U);
  }
};
static_assert(sizeof(Access) == 16);

/// What is remembered of a granule: the last write, and the last reads of two different threads.
struct Granule {
  Access write;
  Access read;
  Access earlier_read;
};

/// Memory from the system, zero until written, given back on destruction.
class Mapping {
 public:
  Mapping() = default;
  /// Throws DeviceError when the system has not enough.
  explicit Mapping(std::size_t bytes);
  ~Mapping();
  Mapping(Mapping&& other) noexcept;
  Mapping& operator=(Mapping&& other) noexcept;
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  std::byte* get() const { return memory_; }
  std::size_t size() const { return bytes_; }

 private:
  std::byte* memory_ = nullptr;
  std::size_t bytes_ = 0;
};

/// A stretch of memory that kernels may touch.
struct Region {
  std::uintptr_t data = 0;
  std::uint64_t size = 0;
  std::uint8_t* written = nullptr;  ///< one per byte: 1 once written; null: all of it always was
  Granule* granules = nullptr;      ///< null while nobody watches
  bool is_input = false;
  std::string name;

  Mapping written_memory;
  Mapping granule_memory;
};

class Arena {
 public:
  /// Reserves address space, no memory. Throws DeviceError.
  Arena();
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  std::uintptr_t base() const { return base_; }
  std::uint64_t bytes() const { return kSlots << slot_shift_; }
  int slot_shift() const { return slot_shift_; }
  /// The region of each slot; `data` is 0 where there is none.
  Region* regions() { return regions_.data(); }
  Region& region_of(std::uintptr_t address) { return regions_[(address - base_) >> slot_shift_]; }

  /// Memory for a buffer, nothing of it written. Throws DeviceError.
  Region& allocate(std::int64_t bytes);
  void release(Region& region);

  /// Makes sure that every region has granules of 2^shift bytes.
  void watch(int granule_shift);
  /// As if nobody had touched anything.
  void forget_accesses();

 private:
  static constexpr std::uint64_t kSlots = 256;

  std::uintptr_t base_ = 0;
  int slot_shift_ = 0;
  int granule_shift_ = 2;
  std::vector<Region> regions_{kSlots};
};

/// A buffer of the emulated device. There are no guard bands: an access outside is found before it happens.
class EmulatedBuffer final : public Buffer {
 public:
  EmulatedBuffer(Arena& arena, std::int64_t bytes) : arena_(arena), region_(arena.allocate(bytes)), size_(bytes) {}
  ~EmulatedBuffer() override { arena_.release(region_); }
  EmulatedBuffer(const EmulatedBuffer&) = delete;
  EmulatedBuffer& operator=(const EmulatedBuffer&) = delete;

  void* data() const override { return reinterpret_cast<void*>(region_.data); }
  std::int64_t size() const override { return size_; }
  Region& region() const { return region_; }

 private:
  Arena& arena_;
  Region& region_;
  std::int64_t size_;
};

/// Marks all of a region as written, or as never written.
void set_written(Region& region, bool written);

}  // namespace knobscope::device::emulated
