#ifndef KNOBSCOPE_EMULATED_MINMAX_H
#define KNOBSCOPE_EMULATED_MINMAX_H
// min, max and abs as CUDA has them in the global namespace: the same types, and the same pairs of unlike types.
#pragma GCC system_header

#define KNOBSCOPE_MINMAX(Result, A, B)                                                                        \
  KNOBSCOPE_INLINED Result min(const A a, const B b) {                                                        \
    return static_cast<Result>(a) < static_cast<Result>(b) ? static_cast<Result>(a) : static_cast<Result>(b); \
  }                                                                                                           \
  KNOBSCOPE_INLINED Result max(const A a, const B b) {                                                        \
    return static_cast<Result>(a) > static_cast<Result>(b) ? static_cast<Result>(a) : static_cast<Result>(b); \
  }
KNOBSCOPE_MINMAX(int, int, int)
KNOBSCOPE_MINMAX(unsigned, unsigned, unsigned)
KNOBSCOPE_MINMAX(unsigned, int, unsigned)
KNOBSCOPE_MINMAX(unsigned, unsigned, int)
KNOBSCOPE_MINMAX(long, long, long)
KNOBSCOPE_MINMAX(unsigned long, unsigned long, unsigned long)
KNOBSCOPE_MINMAX(unsigned long, long, unsigned long)
KNOBSCOPE_MINMAX(unsigned long, unsigned long, long)
KNOBSCOPE_MINMAX(long long, long long, long long)
KNOBSCOPE_MINMAX(unsigned long long, unsigned long long, unsigned long long)
KNOBSCOPE_MINMAX(unsigned long long, long long, unsigned long long)
KNOBSCOPE_MINMAX(unsigned long long, unsigned long long, long long)
#undef KNOBSCOPE_MINMAX

// A NaN loses against a number.
KNOBSCOPE_INLINED float min(const float a, const float b) { return __builtin_fminf(a, b); }
KNOBSCOPE_INLINED double min(const double a, const double b) { return __builtin_fmin(a, b); }
KNOBSCOPE_INLINED double min(const float a, const double b) { return __builtin_fmin(a, b); }
KNOBSCOPE_INLINED double min(const double a, const float b) { return __builtin_fmin(a, b); }
KNOBSCOPE_INLINED float max(const float a, const float b) { return __builtin_fmaxf(a, b); }
KNOBSCOPE_INLINED double max(const double a, const double b) { return __builtin_fmax(a, b); }
KNOBSCOPE_INLINED double max(const float a, const double b) { return __builtin_fmax(a, b); }
KNOBSCOPE_INLINED double max(const double a, const float b) { return __builtin_fmax(a, b); }

KNOBSCOPE_INLINED unsigned umin(unsigned a, unsigned b) { return min(a, b); }
KNOBSCOPE_INLINED unsigned umax(unsigned a, unsigned b) { return max(a, b); }
KNOBSCOPE_INLINED long long llmin(long long a, long long b) { return min(a, b); }
KNOBSCOPE_INLINED long long llmax(long long a, long long b) { return max(a, b); }
KNOBSCOPE_INLINED unsigned long long ullmin(unsigned long long a, unsigned long long b) { return min(a, b); }
KNOBSCOPE_INLINED unsigned long long ullmax(unsigned long long a, unsigned long long b) { return max(a, b); }

// The C library's, of these names.
extern "C" int abs(int) noexcept;
extern "C" long labs(long) noexcept;
extern "C" long long llabs(long long) noexcept;
template <typename T>
requires knobscope::emulated::kOneOf<T, long, long long> KNOBSCOPE_INLINED T abs(T x) { return __builtin_llabs(x); }
template <knobscope::emulated::Single T>
KNOBSCOPE_INLINED T abs(T x) {
  return __builtin_fabsf(x);
}
template <knobscope::emulated::Double T>
KNOBSCOPE_INLINED T abs(T x) {
  return __builtin_fabs(x);
}

#endif
