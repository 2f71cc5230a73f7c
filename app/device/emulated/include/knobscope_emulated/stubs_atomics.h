#ifndef KNOBSCOPE_EMULATED_STUBS_ATOMICS_H
#define KNOBSCOPE_EMULATED_STUBS_ATOMICS_H
// C++'s own atomic operations: with -fsanitize=thread the compiler calls these instead of doing them. Only in a kernel
// that includes a header with atomics, for they take as long to compile as a small kernel.
#pragma GCC system_header

#define KNOBSCOPE_ATOMIC_CHANGE(name, bits, T, expression)                                              \
  KNOBSCOPE_TOLD T __tsan_atomic##bits##_##name(volatile T* address, T value, int) {                    \
    T* const at = const_cast<T*>(address);                                                              \
    KNOBSCOPE_HOOKS->atomic_begin(at, sizeof(T), knobscope::emulated::Place{nullptr, 0, KNOBSCOPE_PC}); \
    const T old = *at;                                                                                  \
    const T now = static_cast<T>(expression);                                                           \
    *at = now;                                                                                          \
    KNOBSCOPE_HOOKS->atomic_end(at, old != now);                                                        \
    return old;                                                                                         \
  }
#define KNOBSCOPE_ATOMIC_SWAP(name, bits, T)                                                                       \
  KNOBSCOPE_TOLD int __tsan_atomic##bits##_compare_exchange_##name(volatile T* address, T* expected, T value, int, \
                                                                   int) {                                          \
    T* const at = const_cast<T*>(address);                                                                         \
    KNOBSCOPE_HOOKS->atomic_begin(at, sizeof(T), knobscope::emulated::Place{nullptr, 0, KNOBSCOPE_PC});            \
    const T old = *at;                                                                                             \
    const bool swaps = old == *expected;                                                                           \
    if (swaps) *at = value;                                                                                        \
    if (!swaps) *expected = old;                                                                                   \
    KNOBSCOPE_HOOKS->atomic_end(at, swaps&& old != value);                                                         \
    return swaps;                                                                                                  \
  }
#define KNOBSCOPE_ATOMICS(bits, T)                                                                                  \
  KNOBSCOPE_ATOMIC_CHANGE(exchange, bits, T, value)                                                                 \
  KNOBSCOPE_ATOMIC_CHANGE(fetch_add, bits, T, old + value)                                                          \
  KNOBSCOPE_ATOMIC_CHANGE(fetch_sub, bits, T, old - value)                                                          \
  KNOBSCOPE_ATOMIC_CHANGE(fetch_and, bits, T, old& value)                                                           \
  KNOBSCOPE_ATOMIC_CHANGE(fetch_or, bits, T, old | value)                                                           \
  KNOBSCOPE_ATOMIC_CHANGE(fetch_xor, bits, T, old ^ value)                                                          \
  KNOBSCOPE_ATOMIC_CHANGE(fetch_nand, bits, T, ~(old & value))                                                      \
  KNOBSCOPE_ATOMIC_SWAP(strong, bits, T)                                                                            \
  KNOBSCOPE_ATOMIC_SWAP(weak, bits, T)                                                                              \
  KNOBSCOPE_TOLD T __tsan_atomic##bits##_compare_exchange_val(volatile T* address, T expected, T value, int, int) { \
    T* const at = const_cast<T*>(address);                                                                          \
    KNOBSCOPE_HOOKS->atomic_begin(at, sizeof(T), knobscope::emulated::Place{nullptr, 0, KNOBSCOPE_PC});             \
    const T old = *at;                                                                                              \
    if (old == expected) *at = value;                                                                               \
    KNOBSCOPE_HOOKS->atomic_end(at, old == expected && old != value);                                               \
    return old;                                                                                                     \
  }                                                                                                                 \
  KNOBSCOPE_TOLD T __tsan_atomic##bits##_load(const volatile T* address, int) {                                     \
    T* const at = const_cast<T*>(address);                                                                          \
    KNOBSCOPE_HOOKS->atomic_begin(at, sizeof(T), knobscope::emulated::Place{nullptr, 0, KNOBSCOPE_PC});             \
    const T old = *at;                                                                                              \
    KNOBSCOPE_HOOKS->atomic_end(at, 0);                                                                             \
    return old;                                                                                                     \
  }                                                                                                                 \
  KNOBSCOPE_TOLD void __tsan_atomic##bits##_store(volatile T* address, T value, int) {                              \
    T* const at = const_cast<T*>(address);                                                                          \
    KNOBSCOPE_HOOKS->atomic_begin(at, sizeof(T), knobscope::emulated::Place{nullptr, 0, KNOBSCOPE_PC});             \
    const T old = *at;                                                                                              \
    *at = value;                                                                                                    \
    KNOBSCOPE_HOOKS->atomic_end(at, old != value);                                                                  \
  }
KNOBSCOPE_ATOMICS(8, unsigned char)
KNOBSCOPE_ATOMICS(16, unsigned short)
KNOBSCOPE_ATOMICS(32, unsigned)
KNOBSCOPE_ATOMICS(64, unsigned long)
#undef KNOBSCOPE_ATOMICS
#undef KNOBSCOPE_ATOMIC_SWAP
#undef KNOBSCOPE_ATOMIC_CHANGE
KNOBSCOPE_TOLD void __tsan_atomic_thread_fence(int) {
  KNOBSCOPE_HOOKS->fence(knobscope::emulated::FenceScope::system, knobscope::emulated::Place{nullptr, 0, KNOBSCOPE_PC});
}
KNOBSCOPE_TOLD void __tsan_atomic_signal_fence(int) {}

#endif
