#pragma once
// Buffers between guard bands, and the streams through memory that flush caches and give ceilings.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "device/device.h"
#include "device/host/thread_pool.h"

namespace knobscope::device::host {

struct FreeMemory {
  void operator()(std::byte* memory) const;
};
using Memory = std::unique_ptr<std::byte[], FreeMemory>;

/// `bytes` of memory aligned to a page, in large pages where the system likes to. Throws DeviceError when there is not
/// enough; `purpose` is for the message.
Memory take_memory(std::int64_t bytes, const char* purpose);

class GuardedBuffer final : public Buffer {
 public:
  explicit GuardedBuffer(std::int64_t bytes);

  void* data() const override { return memory_.get() + layout_data_; }
  std::int64_t size() const override { return size_; }
  bool guards_intact() const;

 private:
  Memory memory_;
  std::int64_t layout_data_ = 0;
  std::int64_t total_ = 0;
  std::int64_t size_ = 0;
};

/// Writes one byte of every cache line of [memory, memory + bytes) on all threads.
void write_through(ThreadPool& pool, std::byte* memory, std::int64_t bytes);

/// memcpy on all threads, and a copy that does not pull what it writes into the caches.
void copy_by_library(ThreadPool& pool, std::byte* to, const std::byte* from, std::int64_t bytes);
void copy_by_streaming(ThreadPool& pool, std::byte* to, const std::byte* from, std::int64_t bytes);

/// Sums all 8-byte words (and the last bytes) on all threads.
std::uint64_t read_all(ThreadPool& pool, const std::byte* from, std::int64_t bytes);

/// Zeros on all threads: by the C library, and past the caches.
void write_by_streaming(ThreadPool& pool, std::byte* memory, std::int64_t bytes);
void set_to_zero(ThreadPool& pool, std::byte* memory, std::int64_t bytes);

}  // namespace knobscope::device::host
