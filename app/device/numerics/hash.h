#pragma once
// A 64-bit hash of memory that any number of threads can compute in any order: the sum of one well-mixed number for
// each 8-byte word and its place. A change within one word always changes it; others escape with probability 2^-64.

#include "platform.h"

namespace knobscope::device::numerics {

/// A bijection of 64-bit numbers whose every input bit reaches every output bit (finalizer of SplitMix64: Steele, Lea,
/// Flood, OOPSLA 2014, variant 13 of Stafford).
KNOBSCOPE_HD u64 mix_bits(u64 value) {
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9ull;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBull;
  return value ^ (value >> 31);
}

/// What word number `index` adds. One-to-one in `word`.
KNOBSCOPE_HD u64 hash_word(u64 word, u64 index) { return mix_bits(word ^ mix_bits(index + 0x9E3779B97F4A7C15ull)); }

/// What the last `count` < 8 bytes add, as word number `index`. 0 for none.
KNOBSCOPE_HD u64 hash_tail(const u8* bytes, u64 count, u64 index) {
  if (count == 0) return 0;
  u64 word = 0;
  for (u64 byte = 0; byte < count; ++byte) word |= static_cast<u64>(bytes[byte]) << (8 * byte);
  return hash_word(word, index);
}

/// The hash, from the sum over words and tail.
KNOBSCOPE_HD u64 hash_finish(u64 sum, u64 size_bytes) { return mix_bits(sum + mix_bits(size_bytes)); }

}  // namespace knobscope::device::numerics
