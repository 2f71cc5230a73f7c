#pragma once
// What every CUDA device refuses to launch (CUDA C++ Programming Guide, "Technical Specifications per Compute
// Capability"; the same from 5.0 on).

#include <array>
#include <cstdint>
#include <limits>

namespace knobscope::catalog {

inline constexpr std::int64_t kLargestGridX = std::numeric_limits<std::int32_t>::max();
inline constexpr std::int64_t kLargestGridYz = 65535;
inline constexpr std::array<std::int64_t, 3> kLargestBlock = {1024, 1024, 64};
inline constexpr std::int64_t kLargestCluster = 16;

}  // namespace knobscope::catalog
