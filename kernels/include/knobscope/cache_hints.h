#pragma once
// What a load or a store may say about how soon its bytes are needed again. A cache that is full gives up the line that
// was used longest ago, which for a tensor that is read once is the wrong one: everything else is more useful.

#include "evict.h"
#include "vector.h"

namespace knobscope {

enum class Hint {
  none,
  streaming,    ///< ld.cs, st.cs: the line is likely to be used once, in the L1 and in the L2 cache
  evict_first,  ///< a policy of the L2 cache, from compute capability 8.0 on; the L1 cache does not take the line
};

#if !defined(KNOBSCOPE_DEVICE_EMULATED)

// Not volatile: the compiler may move it, so what it reads must not be written by the same launch.
KNOBSCOPE_INLINE uint4 load_evict_first(const uint4* from) {
  uint4 words;
  asm("ld.global.nc.L1::no_allocate.L2::cache_hint.v4.u32 {%0, %1, %2, %3}, [%4], %5;"
      : "=r"(words.x), "=r"(words.y), "=r"(words.z), "=r"(words.w)
      : "l"(__cvta_generic_to_global(from)), "l"(evict_policy<Evict::first>()));
  return words;
}

KNOBSCOPE_INLINE void store_evict_first(uint4* to, const uint4& words) {
  asm volatile("st.global.L2::cache_hint.v4.u32 [%0], {%1, %2, %3, %4}, %5;" ::"l"(__cvta_generic_to_global(to)),
               "r"(words.x), "r"(words.y), "r"(words.z), "r"(words.w), "l"(evict_policy<Evict::first>())
               : "memory");
}

#else

KNOBSCOPE_INLINE uint4 load_evict_first(const uint4* from) { return *from; }
KNOBSCOPE_INLINE void store_evict_first(uint4* to, const uint4& words) { *to = words; }

#endif

/// load_bytes() with a hint. What it reads must not be written by the same launch.
template <Hint kHint>
KNOBSCOPE_INLINE PackBytes load_bytes(const Element* from) {
  const auto* words = reinterpret_cast<const uint4*>(from);
  PackBytes bytes;
  if constexpr (kHint == Hint::none) bytes.words = *words;
  if constexpr (kHint == Hint::streaming) bytes.words = __ldcs(words);
  if constexpr (kHint == Hint::evict_first) bytes.words = load_evict_first(words);
  return bytes;
}

/// store_pack() with a hint.
template <Hint kHint>
KNOBSCOPE_INLINE void store_pack(Element* to, const PackValues& values) {
  const PackBytes bytes = bytes_of(values);
  auto* words = reinterpret_cast<uint4*>(to);
  if constexpr (kHint == Hint::none) *words = bytes.words;
  if constexpr (kHint == Hint::streaming) __stcs(words, bytes.words);
  if constexpr (kHint == Hint::evict_first) store_evict_first(words, bytes.words);
}

}  // namespace knobscope
