#pragma once
// Memory of a buffer: a guard band, the data, another guard band. Every device lays its buffers out like this, so that
// a write past either end is found after a run, and a read past it brings in a NaN that spoils the output.

#include <cstdint>

namespace knobscope::device {

/// Bytes of each band, at least. A multiple of the data's alignment.
inline constexpr std::int64_t kGuardBytes = 4096;
inline constexpr std::int64_t kDataAlignment = 256;

/// F5 FF repeated, from the start of the data in both directions: a quiet NaN with a payload that nothing computes,
/// whether it is read as f64, f32, f16 or bf16.
inline constexpr std::uint16_t kGuardHalf = 0xFFF5;
inline constexpr std::uint32_t kGuardWord = 0xFFF5FFF5;

/// The byte at `offset` from the start of the data; offsets before it are negative.
constexpr std::uint8_t guard_byte(std::int64_t offset) { return (offset & 1) == 0 ? 0xF5 : 0xFF; }

/// Offsets within one allocation whose start is aligned to kDataAlignment. The second band begins right after the last
/// byte of data.
struct GuardedLayout {
  std::int64_t data = kGuardBytes;  ///< where the data begins
  std::int64_t after = 0;           ///< where the second band begins
  std::int64_t total = 0;           ///< bytes to allocate, a multiple of kDataAlignment
};

constexpr GuardedLayout guarded_layout(std::int64_t bytes) {
  GuardedLayout layout;
  layout.after = layout.data + bytes;
  layout.total = (layout.after + kGuardBytes + kDataAlignment - 1) / kDataAlignment * kDataAlignment;
  return layout;
}

}  // namespace knobscope::device
