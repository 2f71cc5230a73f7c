#pragma once
// Which lines the L2 cache is to give up first, as the hardware is told: by a number that goes with a load, a store or
// a bulk copy. From compute capability 8.0 on.

#include "platform.h"

namespace knobscope {

/// First: what nobody will read again. Last: what all blocks read.
enum class Evict { normally, first, last };

#if !defined(KNOBSCOPE_DEVICE_EMULATED)

template <Evict kEvict>
KNOBSCOPE_INLINE unsigned long long evict_policy() {
  unsigned long long policy;
  if constexpr (kEvict == Evict::first) {
    asm("createpolicy.fractional.L2::evict_first.b64 %0, 1.0;" : "=l"(policy));
  } else if constexpr (kEvict == Evict::last) {
    asm("createpolicy.fractional.L2::evict_last.b64 %0, 1.0;" : "=l"(policy));
  } else {
    asm("createpolicy.fractional.L2::evict_normal.b64 %0, 1.0;" : "=l"(policy));
  }
  return policy;
}

#endif

}  // namespace knobscope
