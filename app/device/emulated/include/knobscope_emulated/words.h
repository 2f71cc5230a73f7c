#ifndef KNOBSCOPE_EMULATED_WORDS_H
#define KNOBSCOPE_EMULATED_WORDS_H
// The words of CUDA C++ that C++ does not have. What the C library is needed for comes first: refused.h takes asm away
// from whatever is included later.
#pragma GCC system_header

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

// The toolkit's headers define these words, as nothing on a host, once. A kernel sees what NVRTC would show it, and not
// the host's functions: hence the guard of the runtime's header.
#if __has_include(<vector_types.h>) && __has_include(<vector_functions.h>)
#define KNOBSCOPE_TOOLKIT_VECTORS 1
#define __CUDA_RUNTIME_API_H__
// clang-format off
#include <vector_types.h>
#include <vector_functions.h>
// clang-format on
#endif

#undef __global__
#undef __device__
#undef __host__
#undef __shared__
#undef __constant__
#undef __managed__
#undef __launch_bounds__
#undef __maxnreg__
#undef __local_maxnreg__
#undef __block_size__
#undef __cluster_dims__
#undef __forceinline__
#undef __noinline__
#undef __inline_hint__
#undef __grid_constant__
#undef __nv_pure__
#undef __align__
#undef __builtin_align__

// libstdc++ says __attribute__((__noinline__)): with the word defined below that is an attribute nobody knows, which is
// ignored, of an expression that must exist.
inline constexpr int __noinline__ = 0;

// g++ does not tell of a class that is read or written as an argument or a result of a call, so with it a kernel is one
// function.
#if defined(__clang__)
#define __global__ __attribute__((noinline))
#else
#define __global__ __attribute__((noinline, flatten))
#endif
#define __device__
#define __host__
// A section of its own each: what lies there can be read and not written (a variable may be const or not, and one
// section is of one kind).
#define __constant__ KNOBSCOPE_CONSTANT_NUMBER(__COUNTER__)
#define KNOBSCOPE_CONSTANT_NUMBER(number) KNOBSCOPE_CONSTANT_IN(number)
#define KNOBSCOPE_CONSTANT_IN(number) __attribute__((section("knobscope_constant_" #number)))
#define __managed__
#define __launch_bounds__(...)
#define __maxnreg__(...)
#define __local_maxnreg__(...)
#define __block_size__(...)
#define __grid_constant__
#define __nv_pure__
#define __forceinline__ __inline__ __attribute__((always_inline))
#define __noinline__ __attribute__((__noinline__))
#define __inline_hint__
#define __align__(n) __attribute__((aligned(n)))
#define __builtin_align__(n) __attribute__((aligned(n)))

// One copy for each OS thread, and a block's threads are fibres of one: that is what a block shares. 16 bytes apart at
// least, so that an array whose size is no multiple of 16 has something behind it that is nobody's.
#if defined(__clang__)
// clang wants a value for every member of a constinit class.
#define __shared__ thread_local __attribute__((aligned(16)))
#else
// constinit spares the wrapper through which an extern array would be reached.
#define __shared__ constinit thread_local __attribute__((aligned(16)))
#endif

namespace knobscope::emulated {

template <typename T, typename... Those>
inline constexpr bool kOneOf = (__is_same(T, Those) || ...);

/// float and nothing that becomes one. Overloads that <cmath> has too are templates of it: its `using ::sin` then meets
/// no function of its own types.
template <typename T>
concept Single = __is_same(T, float);
template <typename T>
concept Double = __is_same(T, double);
template <typename T>
concept Whole = requires(T value) {
  value % 1;
}
&&!requires(T value) { value.x; };

template <typename T>
constexpr unsigned long alignment_of() {
  return alignof(T);
}
template <unsigned long bytes>
constexpr unsigned long alignment_of() {
  return bytes;
}
}  // namespace knobscope::emulated

// `__shared__ alignas(16) float tile[32]` is CUDA, but C++ does not want alignas behind the storage class.
#define alignas(...) __attribute__((aligned(knobscope::emulated::alignment_of<__VA_ARGS__>())))

// How functions of these headers are marked.
#define KNOBSCOPE_INLINED static inline __attribute__((always_inline, artificial))
/// For names that a C library has too, or may get, with the same types.
#define KNOBSCOPE_C_INLINED extern "C" inline __attribute__((always_inline, artificial))
#if defined(__clang__)
#define KNOBSCOPE_NOT_SEEN __attribute__((disable_sanitizer_instrumentation, no_sanitize("undefined")))
#else
#define KNOBSCOPE_NOT_SEEN __attribute__((no_sanitize("thread", "undefined")))
#endif
/// A function in the kernel's object that hooks are called from. Its own accesses are not the kernel's.
#define KNOBSCOPE_CALL KNOBSCOPE_NOT_SEEN __attribute__((noinline, visibility("hidden")))

/// The last parameters of a built-in: where it is called.
#define KNOBSCOPE_AT const char *file = __builtin_FILE(), unsigned line = __builtin_LINE()

#endif
