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

#include "platform.h"

namespace knobscope {

#if !defined(KNOBSCOPE_DEVICE_EMULATED)

template <int kRegisters>
KNOBSCOPE_INLINE void give_back_registers() {
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(kRegisters));
}

/// Waits until there are so many.
template <int kRegisters>
KNOBSCOPE_INLINE void take_registers() {
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(kRegisters));
}

/// Nothing, but the compiler cannot know: it does not work out before a loop, and keep in registers that are needed,
/// what a few additions give when the time has come.
template <typename T>
KNOBSCOPE_INLINE void work_out_later(T*& pointer) {
  asm volatile("" : "+l"(pointer));
}

#else

template <int kRegisters>
KNOBSCOPE_INLINE void give_back_registers() {}

template <int kRegisters>
KNOBSCOPE_INLINE void take_registers() {}

template <typename T>
KNOBSCOPE_INLINE void work_out_later(T*&) {}

#endif

}  // namespace knobscope
