#pragma once
// What blocks of one launch can do with each other's results although nobody knows in which order they run. They count
// in device memory: parts that are ready, and numbers that they take when they start. The counters are 0 before each
// launch.

#include "platform.h"

namespace knobscope {

/// The number of this call, over all blocks of the launch: those with lower ones have started. A block that waits only
/// for lower numbers never waits for one that cannot begin before others end. The whole block must call.
KNOBSCOPE_INLINE unsigned take_ticket(unsigned* next_ticket) {
  __shared__ unsigned ticket;
  if (threadIdx.x == 0) ticket = atomicAdd(next_ticket, 1U);
  __syncthreads();
  return ticket;
}

/// Whether all other parts have arrived, of `parts`. What their threads 0 wrote before is then seen by this whole
/// block, which must call.
KNOBSCOPE_INLINE bool is_last_to_arrive(unsigned* arrived, unsigned parts) {
  __shared__ bool last;
  if (threadIdx.x == 0) {
    __threadfence();  // the part first, the count after
    last = atomicAdd(arrived, 1U) == parts - 1;
    __threadfence();
  }
  __syncthreads();
  return last;
}

/// By thread 0 of the last to arrive, which counts once more when what it has made of the parts is in memory: one more
/// than there are parts is the flag.
KNOBSCOPE_INLINE void raise_flag(unsigned* arrived) {
  __threadfence();
  atomicAdd(arrived, 1U);
}

/// The whole block must call; it sees what was written before the flag was raised.
KNOBSCOPE_INLINE void wait_for_flag(unsigned* arrived, unsigned parts) {
  if (threadIdx.x == 0) {
    while (atomicAdd(arrived, 0U) <= parts) {
    }
    __threadfence();
  }
  __syncthreads();
}

}  // namespace knobscope
