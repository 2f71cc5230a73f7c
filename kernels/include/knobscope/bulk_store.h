#pragma once
// Bulk asynchronous copies the other way, from shared memory to memory. The hardware reads the slot while the threads
// go on, so the slot must not be written again before it says that it has read it:
//
//   slot[threadIdx.x] = ...;
//   publish_to_copies();                       // all threads: what they have written, for the hardware that copies
//   __syncthreads();
//   if (threadIdx.x == 0) {
//     copy_from_shared(to, slot, bytes);       // a group of its own
//     wait_until_read<1>();                    // all groups but the latest have been read: their slots are free
//   }
//   ...
//   if (threadIdx.x == 0) wait_until_read<0>();  // a block may not end before its slots have been read

#include "bulk_copy.h"

namespace knobscope {

#if !defined(KNOBSCOPE_DEVICE_EMULATED)

KNOBSCOPE_INLINE void publish_to_copies() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }

/// Both addresses and the number of bytes are multiples of 16; no bytes are a group as well. By one thread, the one
/// that waits.
template <Evict kEvict = Evict::normally>
KNOBSCOPE_INLINE void copy_from_shared(void* to, const void* from, unsigned bytes) {
  const unsigned slot = static_cast<unsigned>(__cvta_generic_to_shared(from));
  const unsigned long long memory = __cvta_generic_to_global(to);
  if (bytes > 0) {
    if constexpr (kEvict == Evict::normally) {
      asm volatile("cp.async.bulk.global.shared::cta.bulk_group [%0], [%1], %2;" ::"l"(memory), "r"(slot), "r"(bytes)
                   : "memory");
    } else {
      asm volatile("cp.async.bulk.global.shared::cta.bulk_group.L2::cache_hint [%0], [%1], %2, %3;" ::"l"(memory),
                   "r"(slot), "r"(bytes), "l"(evict_policy<kEvict>())
                   : "memory");
    }
  }
  asm volatile("cp.async.bulk.commit_group;" ::: "memory");
}

/// Until at most kPending of this thread's copies from shared memory have yet to be read.
template <int kPending>
KNOBSCOPE_INLINE void wait_until_read() {
  asm volatile("cp.async.bulk.wait_group.read %0;" ::"n"(kPending) : "memory");
}

#else

KNOBSCOPE_INLINE void publish_to_copies() {}

template <Evict kEvict = Evict::normally>
KNOBSCOPE_INLINE void copy_from_shared(void* to, const void* from, unsigned bytes) {
  assert(bytes % 16 == 0 && "a bulk copy moves a multiple of 16 bytes");
  for (unsigned i = 0; i < bytes / 16; ++i) static_cast<uint4*>(to)[i] = static_cast<const uint4*>(from)[i];
}

template <int kPending>
KNOBSCOPE_INLINE void wait_until_read() {}

#endif

}  // namespace knobscope
