#pragma once
// One hash of many values.

#include <cstddef>

namespace knobscope {

/// Takes the hash of one more value into `hash`. The order matters. The step and its constant, the fraction of the
/// golden ratio in 64 bits, are those of boost::hash_combine.
inline void mix_hash(std::size_t& hash, std::size_t more) {
  hash ^= more + 0x9e3779b97f4a7c15U + (hash << 6U) + (hash >> 2U);
}

}  // namespace knobscope
