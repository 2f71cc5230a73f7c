#ifndef KNOBSCOPE_EMULATED_BARRIERS_H
#define KNOBSCOPE_EMULATED_BARRIERS_H
// Barriers, fences, clocks, and the ways to stop.
#pragma GCC system_header

KNOBSCOPE_INLINED void __syncthreads(KNOBSCOPE_AT) {
  knobscope::emulated::call::barrier(0, 0, knobscope::emulated::BarrierKind::plain, 0, file, line);
}
KNOBSCOPE_INLINED int __syncthreads_count(int predicate, KNOBSCOPE_AT) {
  return knobscope::emulated::call::barrier(0, 0, knobscope::emulated::BarrierKind::count, predicate, file, line);
}
KNOBSCOPE_INLINED int __syncthreads_and(int predicate, KNOBSCOPE_AT) {
  return knobscope::emulated::call::barrier(0, 0, knobscope::emulated::BarrierKind::all, predicate, file, line);
}
KNOBSCOPE_INLINED int __syncthreads_or(int predicate, KNOBSCOPE_AT) {
  return knobscope::emulated::call::barrier(0, 0, knobscope::emulated::BarrierKind::any, predicate, file, line);
}
KNOBSCOPE_INLINED void __syncwarp(unsigned mask = 0xFFFFFFFFu, KNOBSCOPE_AT) {
  knobscope::emulated::call::sync_warp(mask, file, line);
}

KNOBSCOPE_INLINED void __threadfence_block(KNOBSCOPE_AT) {
  knobscope::emulated::call::fence(knobscope::emulated::FenceScope::block, file, line);
}
KNOBSCOPE_INLINED void __threadfence(KNOBSCOPE_AT) {
  knobscope::emulated::call::fence(knobscope::emulated::FenceScope::device, file, line);
}
KNOBSCOPE_INLINED void __threadfence_system(KNOBSCOPE_AT) {
  knobscope::emulated::call::fence(knobscope::emulated::FenceScope::system, file, line);
}

// clock() has the C library's name and type; knobscope_stubs.h defines it for the kernel's object.
typedef long clock_t;
extern "C" long clock(void) noexcept;
KNOBSCOPE_INLINED long long clock64() { return knobscope::emulated::call::clock_now(); }
KNOBSCOPE_INLINED unsigned long long __globaltimer() {
  return static_cast<unsigned long long>(knobscope::emulated::call::clock_now());
}
KNOBSCOPE_INLINED void __nanosleep(unsigned) { knobscope::emulated::call::yield(); }

[[noreturn]] KNOBSCOPE_INLINED void __trap(KNOBSCOPE_AT) {
  knobscope::emulated::call::trap(knobscope::emulated::TrapKind::trap, "__trap() was called", file, line);
}
KNOBSCOPE_INLINED void __brkpt(KNOBSCOPE_AT) {
  knobscope::emulated::call::trap(knobscope::emulated::TrapKind::trap, "__brkpt() was called", file, line);
}
KNOBSCOPE_INLINED void __prof_trigger(int) {}

// A GPU's compiler believes an assumption; here it is looked at.
#define __builtin_assume(...)                                                      \
  ((__VA_ARGS__)                                                                   \
       ? static_cast<void>(0)                                                      \
       : knobscope::emulated::call::trap(knobscope::emulated::TrapKind::assertion, \
                                         "__builtin_assume(" #__VA_ARGS__ ") does not hold", __FILE__, __LINE__))
#define __assume(...) __builtin_assume(__VA_ARGS__)

#endif
