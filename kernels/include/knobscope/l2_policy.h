#pragma once
// Loads and stores that say what the L2 cache is to do with the line, from compute capability 8.0 on. A policy is a
// value, so it may be chosen while the kernel runs: the last time that something is read, for example, the cache need
// not keep it any more.

#include "evict.h"
#include "vector.h"

namespace knobscope {

struct L2Policy {
  unsigned long long bits;
};

#if !defined(KNOBSCOPE_DEVICE_EMULATED)

template <Evict kEvict>
KNOBSCOPE_INLINE L2Policy l2_policy() {
  return L2Policy{evict_policy<kEvict>()};
}

/// load_bytes(), here and now: the compiler leaves it where it is written, however early that is. What it reads must
/// not be written by the same launch. The L1 cache does not take it.
KNOBSCOPE_INLINE PackBytes load_bytes(const Element* from, L2Policy policy) {
  PackBytes bytes;
  asm volatile("ld.global.L1::no_allocate.L2::cache_hint.v4.u32 {%0, %1, %2, %3}, [%4], %5;"
               : "=r"(bytes.words.x), "=r"(bytes.words.y), "=r"(bytes.words.z), "=r"(bytes.words.w)
               : "l"(__cvta_generic_to_global(from)), "l"(policy.bits));
  return bytes;
}

KNOBSCOPE_INLINE void store_bytes(Element* to, const PackBytes& bytes, L2Policy policy) {
  asm volatile("st.global.L2::cache_hint.v4.u32 [%0], {%1, %2, %3, %4}, %5;" ::"l"(__cvta_generic_to_global(to)),
               "r"(bytes.words.x), "r"(bytes.words.y), "r"(bytes.words.z), "r"(bytes.words.w), "l"(policy.bits)
               : "memory");
}

/// Keeps the compiler from unpacking 16-bit elements before a loop, into twice the registers.
KNOBSCOPE_INLINE void stay_packed(PackBytes& bytes) {
  if (sizeof(Element) == 4) return;
  asm volatile("" : "+r"(bytes.words.x), "+r"(bytes.words.y), "+r"(bytes.words.z), "+r"(bytes.words.w));
}

#else

KNOBSCOPE_INLINE void stay_packed(PackBytes&) {}

template <Evict kEvict>
KNOBSCOPE_INLINE L2Policy l2_policy() {
  return L2Policy{};
}
KNOBSCOPE_INLINE PackBytes load_bytes(const Element* from, L2Policy) { return load_bytes(from); }
KNOBSCOPE_INLINE void store_bytes(Element* to, const PackBytes& bytes, L2Policy) { store_bytes(to, bytes); }

#endif

/// store_pack() with a policy.
KNOBSCOPE_INLINE void store_pack(Element* to, const PackValues& values, L2Policy policy) {
  store_bytes(to, bytes_of(values), policy);
}

}  // namespace knobscope
