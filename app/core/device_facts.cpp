#include "core/device_facts.h"

#include <string_view>

namespace knobscope {

std::string format_uuid(const std::array<std::uint8_t, 16>& bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = "GPU-";
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    if (at == 4 || at == 6 || at == 8 || at == 10) text += '-';
    text += kDigits[bytes[at] >> 4U];
    text += kDigits[bytes[at] & 0xFU];
  }
  return text;
}

std::map<std::string, std::int64_t, std::less<>> device_scalars(const DeviceFacts& facts) {
  return {
      {"sm_count", facts.multiprocessors},
      {"warp_size", facts.warp_size},
      {"max_threads_per_block", facts.max_threads_per_block},
      {"max_threads_per_sm", facts.max_threads_per_multiprocessor},
      {"registers_per_sm", facts.registers_per_multiprocessor},
      {"shared_per_block", facts.shared_per_block.count},
      {"shared_per_block_optin", facts.shared_per_block_optin.count},
      {"shared_per_sm", facts.shared_per_multiprocessor.count},
      {"l2_bytes", facts.last_level_cache.count},
      {"memory_bytes", facts.memory.count},
      {"compute_capability", facts.compute_capability},
      {"cooperative_launch", facts.cooperative_launch ? 1 : 0},
      {"clusters", facts.clusters ? 1 : 0},
  };
}

}  // namespace knobscope
