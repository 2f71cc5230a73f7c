#pragma once
// The check of a plain access, in the form that costs least: most are within a buffer, aligned, and of written memory.

#include <cstring>

#include "device/emulated/player.h"

namespace knobscope::device::emulated {

template <unsigned kBytes, bool kWrite>
inline void Player::access(std::uintptr_t address, const void* pc) {
  if (address - stack_low_ < kStackBytes) return;
  if (!kWrite && address == last_read_) [[unlikely]]
    look_again();
  last_read_ = kWrite ? 0 : address;
  const Touched touched{address, kBytes, kWrite, false};
  if (address % kBytes != 0) misaligned(touched, nullptr, pc);
  if (address - arena_.base() < arena_.bytes() && !watches_) {
    const Region& region = arena_.region_of(address);
    const std::uint64_t at = address - region.data;
    if (at < region.size && kBytes <= region.size - at && !region.is_input == kWrite) {
      if constexpr (kWrite) {
        std::memset(region.written + at, 1, kBytes);
        ++changes_;
        return;
      }
    }
    if (at < region.size && kBytes <= region.size - at) {
      if constexpr (!kWrite) {
        if (std::memchr(region.written + at, 0, kBytes) == nullptr) return;
      }
    }
  }
  check(touched, pc);
}

}  // namespace knobscope::device::emulated
