#pragma once
// What a device says of itself. Launch expressions may name the integers; results carry the texts.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/units.h"

namespace knobscope {

enum class DeviceKind : std::uint8_t { cuda, cpu, emulated };

constexpr std::string_view name_of(DeviceKind kind) {
  switch (kind) {
    case DeviceKind::cuda:
      return "cuda";
    case DeviceKind::cpu:
      return "cpu";
    case DeviceKind::emulated:
      return "emulated";
  }
  return "?";
}

/// Whether times taken on such a device mean anything. The emulated one plays kernels out on the CPU: its errors are
/// real, its times are not, and are never shown, stored or exported.
constexpr bool is_timed(DeviceKind kind) { return kind != DeviceKind::emulated; }

/// DeviceFacts::id of the emulated device; there is one.
inline constexpr std::string_view kEmulatedDevice = "emulated";

struct DeviceFacts {
  std::string id;  ///< "cuda:0", "cpu", "emulated": what --device takes
  DeviceKind kind = DeviceKind::cpu;
  std::string name;  ///< "NVIDIA H200", the CPU's model name
  std::string uuid;  ///< "GPU-…", as nvidia-smi writes it; empty where there is none, and not kept in sessions
  std::string driver_version;   ///< "580.159.04"; kernel release on the CPU
  std::string toolkit_version;  ///< "NVRTC 13.0"; "g++ 12.2.0" on the CPU
  Bytes memory;
  Bytes last_level_cache;                        ///< L2 on a GPU
  std::optional<BytesPerSecond> peak_bandwidth;  ///< from memory clock and bus width, where the device tells
  int compute_capability = 0;                    ///< 90 for sm_90; 0 on the CPU
  int multiprocessors = 1;                       ///< cores on the CPU
  int warp_size = 32;
  int max_threads_per_block = 1024;
  int max_threads_per_multiprocessor = 2048;
  int registers_per_multiprocessor = 65536;
  Bytes shared_per_block;        ///< without opting in
  Bytes shared_per_block_optin;  ///< the most a kernel may ask for
  Bytes shared_per_multiprocessor;
  bool cooperative_launch = false;
  bool clusters = false;

  bool operator==(const DeviceFacts&) const = default;
};

/// "GPU-00112233-4455-6677-8899-aabbccddeeff"
std::string format_uuid(const std::array<std::uint8_t, 16>& bytes);

/// The integers a launch expression may name for this device (sm_count, warp_size, max_threads_per_block,
/// shared_per_block, shared_per_sm, l2_bytes, compute_capability, …).
std::map<std::string, std::int64_t, std::less<>> device_scalars(const DeviceFacts& facts);

}  // namespace knobscope
