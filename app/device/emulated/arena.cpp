#include "device/emulated/arena.h"

#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include "device/emulated/sanitizer_fibres.h"

namespace knobscope::device::emulated {
namespace {

std::size_t page_bytes() { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }

std::size_t whole_pages(std::uint64_t bytes) {
  const std::size_t page = page_bytes();
  return (static_cast<std::size_t>(bytes) + page - 1) / page * page;
}

}  // namespace

Mapping::Mapping(std::size_t bytes) : bytes_(whole_pages(bytes)) {
  void* memory = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    throw DeviceError(
        fmt::format("the emulated device got no {} bytes of memory from the system: choose a smaller shape", bytes_));
  }
  memory_ = static_cast<std::byte*>(memory);
  forget_past(memory, bytes_);
}

Mapping::~Mapping() {
  if (memory_ != nullptr) ::munmap(memory_, bytes_);
}

Mapping::Mapping(Mapping&& other) noexcept
    : memory_(std::exchange(other.memory_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}

Mapping& Mapping::operator=(Mapping&& other) noexcept {
  std::swap(memory_, other.memory_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

Arena::Arena() {
  // 16 GiB a slot where the system gives that much address space; a limit on it (ulimit -v) leaves less.
  for (slot_shift_ = 34; slot_shift_ >= 26; slot_shift_ -= 2) {
    void* memory = ::mmap(nullptr, bytes(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) continue;
    base_ = reinterpret_cast<std::uintptr_t>(memory);
    return;
  }
  throw DeviceError("the emulated device got no address space from the system: raise the limit of it (ulimit -v)");
}

Arena::~Arena() { ::munmap(reinterpret_cast<void*>(base_), bytes()); }

Region& Arena::allocate(std::int64_t bytes) {
  const std::uint64_t slot_bytes = std::uint64_t{1} << slot_shift_;
  if (static_cast<std::uint64_t>(bytes) > slot_bytes / 4) {
    throw DeviceError(
        fmt::format("a buffer of {} bytes is more than the emulated device has room for ({}): choose a "
                    "smaller shape",
                    bytes, slot_bytes / 4));
  }
  for (std::uint64_t slot = 0; slot < kSlots; ++slot) {
    Region& region = regions_[slot];
    if (region.data != 0) continue;
    const std::uintptr_t data = base_ + (slot << slot_shift_) + slot_bytes / 2;
    Mapping written(static_cast<std::size_t>(bytes));
    if (::mprotect(reinterpret_cast<void*>(data), whole_pages(static_cast<std::uint64_t>(bytes)),
                   PROT_READ | PROT_WRITE) != 0) {
      throw DeviceError(
          fmt::format("the emulated device got no {} bytes of memory from the system: choose a smaller "
                      "shape",
                      bytes));
    }
    region = Region{};
    region.data = data;
    region.size = static_cast<std::uint64_t>(bytes);
    region.written_memory = std::move(written);
    region.written = reinterpret_cast<std::uint8_t*>(region.written_memory.get());
    return region;
  }
  throw DeviceError(fmt::format("the emulated device has room for {} buffers, and all are taken", kSlots));
}

void Arena::release(Region& region) {
  // Mapped anew rather than protected: the pages go back to the system, and the next owner finds zeros.
  ::mmap(reinterpret_cast<void*>(region.data), whole_pages(region.size), PROT_NONE,
         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  region = Region{};
}

void Arena::watch(int granule_shift) {
  for (Region& region : regions_) {
    if (region.data == 0 || (region.granules != nullptr && granule_shift == granule_shift_)) continue;
    const std::uint64_t granules = (region.size >> granule_shift) + 1;
    region.granule_memory = Mapping();
    region.granule_memory = Mapping(static_cast<std::size_t>(granules) * sizeof(Granule));
    region.granules = reinterpret_cast<Granule*>(region.granule_memory.get());
  }
  granule_shift_ = granule_shift;
}

void Arena::forget_accesses() {
  for (Region& region : regions_) {
    region.granules = nullptr;
    region.granule_memory = Mapping();
  }
}

void set_written(Region& region, bool written) {
  std::memset(region.written, written ? 1 : 0, static_cast<std::size_t>(region.size));
}

}  // namespace knobscope::device::emulated
