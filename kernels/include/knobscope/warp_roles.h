#pragma once
// Warps of one block with different work: one brings memory in, another computes, a third talks to other blocks. Each
// is then a plain loop of its own, and they meet at barriers in shared memory only.
//
// They need different numbers of registers, but a launch gives all threads the same. From compute capability 9.0 on
// (compiled for the architecture itself, sm_90a) they can be shared out anew: first some give registers back, then
// others take them. That is done by warpgroups, 4 warps in a row of which the first one's number is a multiple of 4,
// and all their threads call. Numbers are multiples of 8 from 24 to 240; the sum is what the launch was given.
//
// The compiler keeps to the numbers in what follows the call. It does not if the function ends in a trap somewhere.
// Compiled for GPUs in general (sm_90), all keep what the launch gave them: slower where that is too little, but right.

#include "platform.h"

namespace knobscope {

#if defined(__CUDA_ARCH_FEAT_SM90_ALL) || defined(__CUDA_ARCH_SPECIFIC__) || defined(__CUDA_ARCH_FAMILY_SPECIFIC__)

template <int kRegisters>
KNOBSCOPE_INLINE void give_back_registers() {
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(kRegisters));
}

/// Waits until there are so many.
template <int kRegisters>
KNOBSCOPE_INLINE void take_registers() {
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(kRegisters));
}

#else

template <int kRegisters>
KNOBSCOPE_INLINE void give_back_registers() {}

template <int kRegisters>
KNOBSCOPE_INLINE void take_registers() {}

#endif

#if !defined(KNOBSCOPE_DEVICE_EMULATED)

/// Nothing, but the compiler cannot know: it does not work out before a loop, and keep in registers that are needed,
/// what a few additions give when the time has come.
template <typename T>
KNOBSCOPE_INLINE void work_out_later(T*& pointer) {
  asm volatile("" : "+l"(pointer));
}
KNOBSCOPE_INLINE void work_out_later(int& offset) { asm volatile("" : "+r"(offset)); }

#else

template <typename T>
KNOBSCOPE_INLINE void work_out_later(T*&) {}
KNOBSCOPE_INLINE void work_out_later(int&) {}

#endif

}  // namespace knobscope
