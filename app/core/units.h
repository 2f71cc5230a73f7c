#pragma once
// Units as types: a duration, a size and a rate cannot be mixed up or left without a unit.

#include <chrono>
#include <compare>
#include <cstdint>

namespace knobscope {

using Nanoseconds = std::chrono::duration<double, std::nano>;

/// A number of bytes.
struct Bytes {
  std::int64_t count = 0;
  auto operator<=>(const Bytes&) const = default;
};

/// A rate in bytes (1 B, not 1 GiB) per second.
struct BytesPerSecond {
  double value = 0.0;
  auto operator<=>(const BytesPerSecond&) const = default;
};

constexpr Bytes operator+(Bytes a, Bytes b) { return {a.count + b.count}; }

/// The rate at which `bytes` move in `time`. Precondition: time > 0.
constexpr BytesPerSecond operator/(Bytes bytes, Nanoseconds time) {
  return {static_cast<double>(bytes.count) / (time.count() * 1e-9)};
}

}  // namespace knobscope
