#pragma once
// The rates that a device's memory reaches at best: what a kernel's bandwidth is held against.

#include <optional>
#include <string>

#include "core/timing.h"
#include "core/units.h"

namespace knobscope {

/// Of buffers well past the last-level cache, timed cold: the device's own, whatever the problem.
struct Ceiling {
  std::string device;
  BytesPerSecond copy;  ///< bytes read plus bytes written; the better of the driver's copy and a copy kernel
  BytesPerSecond read;
  Bytes size;                           ///< bytes moved by the copy
  std::optional<BytesPerSecond> write;  ///< nothing in recordings that are older than it
  bool operator==(const Ceiling&) const = default;
};

/// Of about as many bytes as a problem compels, timed by the same technique and ended by the same stopping criterion as
/// the kernel. Launch and ramp take more of a small size's time, and a technique that leaves data in the cache reaches
/// more than the memory: a point is held to what was possible for its size by its technique.
struct SizeCeiling {
  Timing timing = Timing::cold;
  Bytes bytes;            ///< moved by each of them: the problem's, rounded down by less than 1/64 of it
  BytesPerSecond memcpy;  ///< the driver's copy (the C library's on the CPU): half of the bytes read, half written
  BytesPerSecond copy;    ///< the better of that and a copy kernel
  // Nothing in recordings that are older than they are, or where there was no room for one buffer of all bytes.
  std::optional<BytesPerSecond> read;   ///< all of the bytes
  std::optional<BytesPerSecond> write;  ///< all of the bytes; the better of the driver's memset and a kernel
  bool operator==(const SizeCeiling&) const = default;
};

/// The largest of the three kinds.
inline BytesPerSecond best_of(const SizeCeiling& ceiling) {
  BytesPerSecond best = ceiling.copy;
  if (ceiling.read && *ceiling.read > best) best = *ceiling.read;
  if (ceiling.write && *ceiling.write > best) best = *ceiling.write;
  return best;
}

}  // namespace knobscope
