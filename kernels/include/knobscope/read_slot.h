#pragma once
// How a warp that has read a slot of a ring says so.

#include "bulk_copy.h"
#include "reduce.h"

namespace knobscope {

/// One arrival for the whole warp, when all its lanes have what they have read; `loaded` is some of it, or made of it.
///
/// An arrival says that the slot may be filled again, and on a GPU it can overtake the load before it: what is loaded
/// then comes from the next copy. So the address that it arrives at is worked out from the loaded bits, in a way of
/// which only we know that they do not matter: a warp has fewer than 64 lanes.
KNOBSCOPE_INLINE void arrive_when_read(Barrier& barrier, unsigned loaded) {
#if !defined(KNOBSCOPE_DEVICE_EMULATED)
  unsigned zero;
  asm volatile(
      "{\n .reg .pred any;\n setp.ne.u32 any, %1, 0;\n vote.sync.ballot.b32 %0, any, 0xFFFFFFFF;\n popc.b32 %0, %0;\n"
      " shr.u32 %0, %0, 6;\n}"
      : "=r"(zero)
      : "r"(loaded)
      : "memory");
  __syncwarp();  // a vote alone orders no memory: what the other lanes have read must be behind the arrival too
  if (threadIdx.x % kWarp == 0) (&barrier + zero)->arrive();
#else
  static_cast<void>(loaded);
  __threadfence_block();
  atomicOr(reinterpret_cast<unsigned long long*>(&barrier), 0ULL);  // nothing but: this lane has been here
  __syncwarp();
  if (threadIdx.x % kWarp == 0) barrier.arrive();
#endif
}

/// The same where all that was read has gone into stores: they could not be issued without it.
KNOBSCOPE_INLINE void arrive_when_stored(Barrier& barrier) {
  __syncwarp();
  if (threadIdx.x % kWarp == 0) barrier.arrive();
}

}  // namespace knobscope
