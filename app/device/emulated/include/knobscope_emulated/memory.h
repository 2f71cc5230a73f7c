#ifndef KNOBSCOPE_EMULATED_MEMORY_H
#define KNOBSCOPE_EMULATED_MEMORY_H
// memcpy, memmove and memset inside kernels. The compiler may turn a call into moves that its instrumentation does not
// see, so calls with typed pointers go to functions that tell the ranges first; those with void pointers reach the
// functions of these names in knobscope_stubs.h. A copy of 1, 2, 4 or 8 bytes is an access like any other.
#pragma GCC system_header

namespace knobscope::emulated {
KNOBSCOPE_INLINED constexpr bool is_plain_access(unsigned long bytes) {
  return bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8;
}
}  // namespace knobscope::emulated

template <typename To, typename From>
KNOBSCOPE_INLINED void* memcpy(To* to, const From* from, size_t bytes) {
  if (__builtin_constant_p(bytes) && knobscope::emulated::is_plain_access(bytes)) {
    return __builtin_memcpy(to, from, bytes);
  }
  return knobscope::emulated::call::copy(to, from, bytes);
}
template <typename To, typename From>
KNOBSCOPE_INLINED void* memmove(To* to, const From* from, size_t bytes) {
  return knobscope::emulated::call::copy(to, from, bytes);
}
template <typename To>
KNOBSCOPE_INLINED void* memset(To* to, int value, size_t bytes) {
  return knobscope::emulated::call::fill(to, value, bytes);
}

/// What a bulk asynchronous copy is played as: made at once, but seen as one that goes on behind the thread's back, and
/// is over for those only who look at `counter` afterwards. For <knobscope/bulk_copy.h>.
KNOBSCOPE_INLINED void __knobscope_copy_behind(void* to, const void* from, size_t bytes, void* counter, KNOBSCOPE_AT) {
  knobscope::emulated::call::copy_behind(to, from, bytes, counter, file, line);
}

#endif
