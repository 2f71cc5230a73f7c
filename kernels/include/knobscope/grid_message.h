#pragma once
// Messages from block to block while both run: two floats each, in device memory. A kernel whose blocks stay for the
// whole launch needs them a few times a row, and cannot pay for a barrier of the grid, for fences, or for clearing
// flags before each launch.
//
// The flag is a number, and it travels with the values: 16 bytes, of which each half carries a float and the number.
// The hardware moves a half in one piece, so whoever finds the number in both halves has the values that came with it.
// Nothing else is promised by it: other memory that the sender has written may be seen later.
//
//   __device__ GridMessage results[kBlocks];     // zero when the module is loaded, and never cleared
//   results[blockIdx.x].send(make_float2(sum, largest), number);               // here
//   const float2 its = results[other].wait_for(number);                        // there
//
// Numbers must never come back: they go on from launch to launch. So the last one has to survive a launch as well:
//
//   __device__ unsigned sent;                    // by all launches before
//   number = sent + 1 + round;                   // every block reads `sent` when it starts
//   sent = number;                               // by one block, at the end, when all others must have read it
//
// A message may be written over by the next one when its receiver has got it, and the sender must know that it has:
// from an answer, say. Blocks that wait for each other must all be alive: the launch has to be cooperative.

#include "platform.h"

namespace knobscope {

class alignas(16) GridMessage {
 public:
  /// By one thread; returns at once. `number` is not 0.
  KNOBSCOPE_INLINE void send(float2 values, unsigned number) { write(half(values.x, number), half(values.y, number)); }

  /// Whether the message of this number is here; if so, `values` is what it says. Several looks in a row are under way
  /// together, but not if some stand behind conditions: those wait for each other.
  KNOBSCOPE_INLINE bool receive(float2& values, unsigned number) {
    const Halves halves = read();
    values = make_float2(
        __uint_as_float(static_cast<unsigned>(halves.first)), __uint_as_float(static_cast<unsigned>(halves.second)));
    return (halves.first >> 32) == number && (halves.second >> 32) == number;
  }

  /// Looks until it is here.
  KNOBSCOPE_INLINE float2 wait_for(unsigned number) {
    float2 values;
    while (!receive(values, number)) take_a_breath();
    return values;
  }

  /// What a loop that looks again and again should do between two looks.
  static KNOBSCOPE_INLINE void take_a_breath() {
#if defined(KNOBSCOPE_DEVICE_EMULATED)
    __nanosleep(0);  // lets those run who are waited for; a GPU's threads run anyway
#endif
  }

 private:
  struct Halves {
    unsigned long long first;
    unsigned long long second;
  };

  static KNOBSCOPE_INLINE unsigned long long half(float value, unsigned number) {
    return static_cast<unsigned long long>(number) << 32 | __float_as_uint(value);
  }

#if !defined(KNOBSCOPE_DEVICE_EMULATED)
  KNOBSCOPE_INLINE void write(unsigned long long first, unsigned long long second) {
    asm volatile("st.relaxed.gpu.global.v2.u64 [%0], {%1, %2};" ::"l"(address()), "l"(first), "l"(second) : "memory");
  }
  KNOBSCOPE_INLINE Halves read() {
    Halves halves;
    asm volatile("ld.relaxed.gpu.global.v2.u64 {%0, %1}, [%2];"
                 : "=l"(halves.first), "=l"(halves.second)
                 : "l"(address())
                 : "memory");
    return halves;
  }
  KNOBSCOPE_INLINE unsigned long long address() { return __cvta_generic_to_global(this); }
#else
  KNOBSCOPE_INLINE void write(unsigned long long first, unsigned long long second) {
    const_cast<volatile unsigned long long&>(halves_.first) = first;
    const_cast<volatile unsigned long long&>(halves_.second) = second;
  }
  KNOBSCOPE_INLINE Halves read() {
    return Halves{const_cast<volatile unsigned long long&>(halves_.first),
                  const_cast<volatile unsigned long long&>(halves_.second)};
  }
#endif

  Halves halves_;
};

}  // namespace knobscope
