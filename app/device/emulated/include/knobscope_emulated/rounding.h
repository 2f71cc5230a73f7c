#ifndef KNOBSCOPE_EMULATED_ROUNDING_H
#define KNOBSCOPE_EMULATED_ROUNDING_H
// Arithmetic with a stated rounding: to nearest (rn), towards zero (rz), up (ru), down (rd). No compiler may merge such
// a multiplication and such an addition into one fused operation.
#pragma GCC system_header

#include <fenv.h>

namespace knobscope::emulated {

/// The value as it stands: nothing is contracted across it.
template <typename T>
KNOBSCOPE_INLINED T settled(T value) {
#if defined(__clang__)
#if defined(__x86_64__)
  __asm__("" : "+x"(value));
#elif defined(__aarch64__)
  __asm__("" : "+w"(value));
#endif
  return value;
#else
  return __builtin_assoc_barrier(value);
#endif
}

enum class Operation { add, subtract, multiply, divide, fused, root };

template <typename T>
KNOBSCOPE_CALL T directed(int rounding, Operation operation, T first, T second, T third) {
  const int before = fegetround();
  fesetround(rounding);
  // Volatile, for the compiler does not know that the rounding changes what these give.
  volatile T a = first;
  volatile T b = second;
  volatile T c = third;
  volatile T result;
  switch (operation) {
    case Operation::add:
      result = a + b;
      break;
    case Operation::subtract:
      result = a - b;
      break;
    case Operation::multiply:
      result = a * b;
      break;
    case Operation::divide:
      result = a / b;
      break;
    case Operation::fused:
      result = ::fma(static_cast<T>(a), static_cast<T>(b), static_cast<T>(c));
      break;
    case Operation::root:
      result = ::sqrt(static_cast<T>(a));
      break;
  }
  fesetround(before);
  return result;
}

}  // namespace knobscope::emulated

#define KNOBSCOPE_ROUNDED(name, T, operation, parameters, nearest, a, b, c)                                     \
  KNOBSCOPE_INLINED T name##_rn parameters { return knobscope::emulated::settled<T>(nearest); }                 \
  KNOBSCOPE_INLINED T name##_rz parameters {                                                                    \
    return knobscope::emulated::directed<T>(FE_TOWARDZERO, knobscope::emulated::Operation::operation, a, b, c); \
  }                                                                                                             \
  KNOBSCOPE_INLINED T name##_ru parameters {                                                                    \
    return knobscope::emulated::directed<T>(FE_UPWARD, knobscope::emulated::Operation::operation, a, b, c);     \
  }                                                                                                             \
  KNOBSCOPE_INLINED T name##_rd parameters {                                                                    \
    return knobscope::emulated::directed<T>(FE_DOWNWARD, knobscope::emulated::Operation::operation, a, b, c);   \
  }
#define KNOBSCOPE_TWO(name, T, operation, sign)     \
  KNOBSCOPE_ROUNDED(name, T, operation, (T x, T y), \
                    knobscope::emulated::settled(x) sign knobscope::emulated::settled(y), x, y, T(0))

KNOBSCOPE_TWO(__fadd, float, add, +)
KNOBSCOPE_TWO(__fsub, float, subtract, -)
KNOBSCOPE_TWO(__fmul, float, multiply, *)
KNOBSCOPE_TWO(__fdiv, float, divide, /)
KNOBSCOPE_TWO(__dadd, double, add, +)
KNOBSCOPE_TWO(__dsub, double, subtract, -)
KNOBSCOPE_TWO(__dmul, double, multiply, *)
KNOBSCOPE_TWO(__ddiv, double, divide, /)
KNOBSCOPE_ROUNDED(__fmaf, float, fused, (float x, float y, float z), __builtin_fmaf(x, y, z), x, y, z)
KNOBSCOPE_ROUNDED(__fma, double, fused, (double x, double y, double z), __builtin_fma(x, y, z), x, y, z)
KNOBSCOPE_ROUNDED(__frcp, float, divide, (float x), 1.0F / x, 1.0F, x, 0.0F)
KNOBSCOPE_ROUNDED(__drcp, double, divide, (double x), 1.0 / x, 1.0, x, 0.0)
KNOBSCOPE_ROUNDED(__fsqrt, float, root, (float x), __builtin_sqrtf(x), x, 0.0F, 0.0F)
KNOBSCOPE_ROUNDED(__dsqrt, double, root, (double x), __builtin_sqrt(x), x, 0.0, 0.0)
#undef KNOBSCOPE_TWO
#undef KNOBSCOPE_ROUNDED
KNOBSCOPE_INLINED float __frsqrt_rn(float x) { return rsqrtf(x); }

#endif
