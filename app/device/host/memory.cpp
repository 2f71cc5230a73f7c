#include "device/host/memory.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>
#include <sys/mman.h>

#include "device/guard_bands.h"
#include "device/host/machine.h"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace knobscope::device::host {
namespace {

constexpr std::int64_t kPage = 4096;
constexpr std::int64_t kLargePage = 2 << 20;
constexpr std::int64_t kCacheLine = 64;
// Pieces for streams: large enough that handing them out costs nothing, small enough to even out threads.
constexpr std::int64_t kPiece = 1 << 20;

#if defined(__SSE2__)

// Whole cache lines, copied past the caches with the widest registers that this processor has, whatever the program was
// compiled for: kernels are compiled for this processor, and a copy in narrower pieces would be no ceiling for them.
using CopyLines = void (*)(std::byte* to, const std::byte* from, std::int64_t bytes);

__attribute__((target("avx512f"))) void copy_lines_by_64(std::byte* to, const std::byte* from, std::int64_t bytes) {
  for (std::int64_t at = 0; at < bytes; at += 64) {
    _mm512_stream_si512(reinterpret_cast<__m512i*>(to + at), _mm512_load_si512(from + at));
  }
}

__attribute__((target("avx"))) void copy_lines_by_32(std::byte* to, const std::byte* from, std::int64_t bytes) {
  for (std::int64_t at = 0; at < bytes; at += 32) {
    _mm256_stream_si256(reinterpret_cast<__m256i*>(to + at),
                        _mm256_load_si256(reinterpret_cast<const __m256i*>(from + at)));
  }
}

void copy_lines_by_16(std::byte* to, const std::byte* from, std::int64_t bytes) {
  for (std::int64_t at = 0; at < bytes; at += 16) {
    _mm_stream_si128(reinterpret_cast<__m128i*>(to + at), _mm_load_si128(reinterpret_cast<const __m128i*>(from + at)));
  }
}

CopyLines widest_copy_lines() {
  if (__builtin_cpu_supports("avx512f")) return copy_lines_by_64;
  if (__builtin_cpu_supports("avx")) return copy_lines_by_32;
  return copy_lines_by_16;
}

#endif

}  // namespace

void FreeMemory::operator()(std::byte* memory) const { std::free(memory); }

Memory take_memory(std::int64_t bytes, const char* purpose) {
  const auto refuse = [&](const char* why) {
    throw DeviceError(fmt::format("no memory for {} of {:.1f} MiB: {}; choose a smaller shape", purpose,
                                  static_cast<double>(bytes) / (1 << 20), why));
  };
  if (bytes < 0) refuse("the size is negative");
  // The system promises more than it has and kills who uses it; so ask what there is.
  if (const auto available = available_memory(); available && bytes > available->count) {
    refuse(fmt::format("{:.1f} MiB are free", static_cast<double>(available->count) / (1 << 20)).c_str());
  }
  const std::int64_t alignment = bytes >= 2 * kLargePage ? kLargePage : kPage;
  const std::int64_t rounded = std::max((bytes + alignment - 1) / alignment, std::int64_t{1}) * alignment;
  void* memory = std::aligned_alloc(static_cast<std::size_t>(alignment), static_cast<std::size_t>(rounded));
  if (memory == nullptr) refuse("the system gave none");
#if defined(MADV_HUGEPAGE)
  if (alignment == kLargePage) ::madvise(memory, static_cast<std::size_t>(rounded), MADV_HUGEPAGE);
#endif
  return Memory(static_cast<std::byte*>(memory));
}

GuardedBuffer::GuardedBuffer(std::int64_t bytes) : size_(bytes) {
  const GuardedLayout layout = guarded_layout(bytes);
  memory_ = take_memory(bytes < 0 ? bytes : layout.total, "a buffer");
  layout_data_ = layout.data;
  total_ = layout.total;
  for (std::int64_t at = 0; at < layout.data; ++at) memory_[at] = std::byte{guard_byte(at - layout.data)};
  for (std::int64_t at = layout.after; at < total_; ++at) memory_[at] = std::byte{guard_byte(at - layout.data)};
}

bool GuardedBuffer::guards_intact() const {
  const auto intact = [this](std::int64_t from, std::int64_t to) {
    for (std::int64_t at = from; at < to; ++at) {
      if (memory_[at] != std::byte{guard_byte(at - layout_data_)}) return false;
    }
    return true;
  };
  return intact(0, layout_data_) && intact(layout_data_ + size_, total_);
}

void write_through(ThreadPool& pool, std::byte* memory, std::int64_t bytes) {
  // Every thread writes its own part: caches that only some processors share are then all run through.
  const std::int64_t part = (bytes / pool.size() + kCacheLine - 1) / kCacheLine * kCacheLine;
  pool.run(bytes, std::max(part, kCacheLine), [memory](std::int64_t begin, std::int64_t end) {
    for (std::int64_t at = begin; at < end; at += kCacheLine) {
      auto* line = reinterpret_cast<volatile std::uint8_t*>(memory + at);
      *line = static_cast<std::uint8_t>(*line + 1U);
    }
  });
}

void copy_by_library(ThreadPool& pool, std::byte* to, const std::byte* from, std::int64_t bytes) {
  pool.run(bytes, kPiece, [=](std::int64_t begin, std::int64_t end) {
    std::memcpy(to + begin, from + begin, static_cast<std::size_t>(end - begin));
  });
}

void copy_by_streaming(ThreadPool& pool, std::byte* to, const std::byte* from, std::int64_t bytes) {
#if defined(__SSE2__)
  // Buffers begin at a cache line and pieces are whole lines, so only the end is left over.
  const std::int64_t whole = bytes / kCacheLine * kCacheLine;
  const CopyLines copy_lines = widest_copy_lines();
  pool.run(whole, kPiece, [=](std::int64_t begin, std::int64_t end) {
    copy_lines(to + begin, from + begin, end - begin);
    _mm_sfence();
  });
  std::memcpy(to + whole, from + whole, static_cast<std::size_t>(bytes - whole));
#else
  pool.run(bytes, kPiece,
           [=](std::int64_t begin, std::int64_t end) { std::copy(from + begin, from + end, to + begin); });
#endif
}

std::uint64_t read_all(ThreadPool& pool, const std::byte* from, std::int64_t bytes) {
  std::atomic<std::uint64_t> total{0};
  pool.run(bytes, kPiece, [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t words = (end - begin) / 8;
    const auto* source = reinterpret_cast<const std::uint64_t*>(from + begin);
    std::uint64_t a = 0, b = 0, c = 0, d = 0;  // independent, so that loads do not wait for additions
    std::int64_t i = 0;
    for (; i + 4 <= words; i += 4) {
      a += source[i];
      b += source[i + 1];
      c += source[i + 2];
      d += source[i + 3];
    }
    for (; i < words; ++i) a += source[i];
    for (std::int64_t at = begin + words * 8; at < end; ++at) b += std::to_integer<std::uint64_t>(from[at]);
    total.fetch_add(a + b + c + d, std::memory_order_relaxed);
  });
  return total.load();
}

void write_by_streaming(ThreadPool& pool, std::byte* memory, std::int64_t bytes) {
#if defined(__SSE2__)
  const std::int64_t whole = bytes / kCacheLine * kCacheLine;
  pool.run(whole, kPiece, [=](std::int64_t begin, std::int64_t end) {
    // Four to a line, which the processor combines into one write of it.
    for (std::int64_t at = begin; at < end; at += sizeof(__m128i)) {
      _mm_stream_si128(reinterpret_cast<__m128i*>(memory + at), _mm_setzero_si128());
    }
    _mm_sfence();
  });
  std::memset(memory + whole, 0, static_cast<std::size_t>(bytes - whole));
#else
  set_to_zero(pool, memory, bytes);
#endif
}

void set_to_zero(ThreadPool& pool, std::byte* memory, std::int64_t bytes) {
  pool.run(bytes, kPiece, [=](std::int64_t begin, std::int64_t end) {
    std::memset(memory + begin, 0, static_cast<std::size_t>(end - begin));
  });
}

}  // namespace knobscope::device::host
