#ifndef KNOBSCOPE_EMULATED_HALF_TYPES_H
#define KNOBSCOPE_EMULATED_HALF_TYPES_H
// What the toolkit's headers of the half types offer on a GPU only, once for __half and once for __nv_bfloat16. Results
// are those of the exact computation, rounded once.
#pragma GCC system_header

namespace knobscope::emulated {

/// p + c rounded to odd: what is then rounded to a shorter type comes out as if the sum had been exact.
KNOBSCOPE_INLINED double odd_sum(double p, double c) {
  const double sum = p + c;
  const double of_c = sum - p;
  const double missed = (p - (sum - of_c)) + (c - of_c);
  if (missed == 0.0 || missed != missed) return sum;
  const unsigned long long bits = __builtin_bit_cast(unsigned long long, sum);
  if ((bits & 1u) != 0) return sum;
  // One step away from or towards zero, so that the last bit says that there was more.
  return __builtin_bit_cast(double, (missed > 0.0) == (sum > 0.0) ? bits + 1 : bits - 1);
}

struct AddHalf {
  template <typename T>
  KNOBSCOPE_NOT_SEEN static T apply(T old, T value) {
    return __hadd(old, value);
  }
};
struct AddHalf2 {
  template <typename T>
  KNOBSCOPE_NOT_SEEN static T apply(T old, T value) {
    return __hadd2(old, value);
  }
};

}  // namespace knobscope::emulated

// H, H2: the types; of_double: to H, rounded once; to_float: exact.
#define KNOBSCOPE_HALF_SHUFFLE(name, H, H2, Raw, Raw2, Operand)                                               \
  KNOBSCOPE_INLINED H name(unsigned mask, H var, Operand operand, int width = 32, KNOBSCOPE_AT) {             \
    Raw raw;                                                                                                  \
    raw.x = static_cast<unsigned short>(                                                                      \
        name(mask, static_cast<unsigned>(static_cast<Raw>(var).x), operand, width, file, line));              \
    return H(raw);                                                                                            \
  }                                                                                                           \
  KNOBSCOPE_INLINED H2 name(unsigned mask, H2 var, Operand operand, int width = 32, KNOBSCOPE_AT) {           \
    Raw2 raw = static_cast<Raw2>(var);                                                                        \
    const unsigned bits = name(mask, raw.x | static_cast<unsigned>(raw.y) << 16, operand, width, file, line); \
    raw.x = static_cast<unsigned short>(bits);                                                                \
    raw.y = static_cast<unsigned short>(bits >> 16);                                                          \
    return H2(raw);                                                                                           \
  }

#define KNOBSCOPE_HALF_LOAD(name, H, H2)                          \
  KNOBSCOPE_INLINED H name(const H* address) { return *address; } \
  KNOBSCOPE_INLINED H2 name(const H2* address) { return *address; }
#define KNOBSCOPE_HALF_STORE(name, H, H2)                                \
  KNOBSCOPE_INLINED void name(H* address, H value) { *address = value; } \
  KNOBSCOPE_INLINED void name(H2* address, H2 value) { *address = value; }

#define KNOBSCOPE_HALF_MEMORY(H, H2)      \
  KNOBSCOPE_HALF_LOAD(__ldg, H, H2)       \
  KNOBSCOPE_HALF_LOAD(__ldca, H, H2)      \
  KNOBSCOPE_HALF_LOAD(__ldcg, H, H2)      \
  KNOBSCOPE_HALF_LOAD(__ldcs, H, H2)      \
  KNOBSCOPE_HALF_LOAD(__ldlu, H, H2)      \
  KNOBSCOPE_HALF_LOAD(__ldcv, H, H2)      \
  KNOBSCOPE_HALF_STORE(__stwb, H, H2)     \
  KNOBSCOPE_HALF_STORE(__stcg, H, H2)     \
  KNOBSCOPE_HALF_STORE(__stcs, H, H2)     \
  KNOBSCOPE_HALF_STORE(__stwt, H, H2)     \
  KNOBSCOPE_ATOMIC(atomicAdd, H, AddHalf) \
  KNOBSCOPE_ATOMIC(atomicAdd, H2, AddHalf2)

#define KNOBSCOPE_HALF_FUNCTION(name, H, H2, to_float, of_double, expression) \
  KNOBSCOPE_INLINED H h##name(const H h) {                                    \
    const double x = static_cast<double>(to_float(h));                        \
    return of_double(expression);                                             \
  }                                                                           \
  KNOBSCOPE_INLINED H2 h2##name(const H2 h) { return H2(h##name(h.x), h##name(h.y)); }

#define KNOBSCOPE_HALF_ARITHMETIC(H, H2, to_float, of_double)                                                     \
  KNOBSCOPE_INLINED double knobscope_exact_fma(const H a, const H b, const H c) {                                 \
    return knobscope::emulated::odd_sum(static_cast<double>(to_float(a)) * static_cast<double>(to_float(b)),      \
                                        static_cast<double>(to_float(c)));                                        \
  }                                                                                                               \
  KNOBSCOPE_INLINED H __hfma(const H a, const H b, const H c) { return of_double(knobscope_exact_fma(a, b, c)); } \
  KNOBSCOPE_INLINED H __hfma_sat(const H a, const H b, const H c) {                                               \
    const double x = knobscope_exact_fma(a, b, c);                                                                \
    return of_double(x > 0.0 ? (x < 1.0 ? x : 1.0) : 0.0);                                                        \
  }                                                                                                               \
  KNOBSCOPE_INLINED H __hfma_relu(const H a, const H b, const H c) {                                              \
    const double x = knobscope_exact_fma(a, b, c);                                                                \
    return of_double(x <= 0.0 ? 0.0 : x);                                                                         \
  }                                                                                                               \
  KNOBSCOPE_INLINED H2 __hfma2(const H2 a, const H2 b, const H2 c) {                                              \
    return H2(__hfma(a.x, b.x, c.x), __hfma(a.y, b.y, c.y));                                                      \
  }                                                                                                               \
  KNOBSCOPE_INLINED H2 __hfma2_sat(const H2 a, const H2 b, const H2 c) {                                          \
    return H2(__hfma_sat(a.x, b.x, c.x), __hfma_sat(a.y, b.y, c.y));                                              \
  }                                                                                                               \
  KNOBSCOPE_INLINED H2 __hfma2_relu(const H2 a, const H2 b, const H2 c) {                                         \
    return H2(__hfma_relu(a.x, b.x, c.x), __hfma_relu(a.y, b.y, c.y));                                            \
  }                                                                                                               \
  KNOBSCOPE_INLINED H2 __hcmadd(const H2 a, const H2 b, const H2 c) {                                             \
    return H2(__hfma(__hneg(a.y), b.y, __hfma(a.x, b.x, c.x)), __hfma(a.y, b.x, __hfma(a.x, b.y, c.y)));          \
  }                                                                                                               \
  KNOBSCOPE_HALF_FUNCTION(sqrt, H, H2, to_float, of_double, __builtin_sqrt(x))                                    \
  KNOBSCOPE_HALF_FUNCTION(rsqrt, H, H2, to_float, of_double, 1.0 / __builtin_sqrt(x))                             \
  KNOBSCOPE_HALF_FUNCTION(rcp, H, H2, to_float, of_double, 1.0 / x)                                               \
  KNOBSCOPE_HALF_FUNCTION(log, H, H2, to_float, of_double, __builtin_log(x))                                      \
  KNOBSCOPE_HALF_FUNCTION(log2, H, H2, to_float, of_double, __builtin_log2(x))                                    \
  KNOBSCOPE_HALF_FUNCTION(log10, H, H2, to_float, of_double, __builtin_log10(x))                                  \
  KNOBSCOPE_HALF_FUNCTION(exp, H, H2, to_float, of_double, __builtin_exp(x))                                      \
  KNOBSCOPE_HALF_FUNCTION(exp2, H, H2, to_float, of_double, __builtin_exp2(x))                                    \
  KNOBSCOPE_HALF_FUNCTION(exp10, H, H2, to_float, of_double, ::exp10(x))                                          \
  KNOBSCOPE_HALF_FUNCTION(cos, H, H2, to_float, of_double, __builtin_cos(x))                                      \
  KNOBSCOPE_HALF_FUNCTION(sin, H, H2, to_float, of_double, __builtin_sin(x))                                      \
  KNOBSCOPE_HALF_FUNCTION(tanh, H, H2, to_float, of_double, __builtin_tanh(x))                                    \
  KNOBSCOPE_HALF_FUNCTION(tanh_approx, H, H2, to_float, of_double, __builtin_tanh(x))                             \
  KNOBSCOPE_HALF_FUNCTION(ceil, H, H2, to_float, of_double, __builtin_ceil(x))                                    \
  KNOBSCOPE_HALF_FUNCTION(floor, H, H2, to_float, of_double, __builtin_floor(x))                                  \
  KNOBSCOPE_HALF_FUNCTION(trunc, H, H2, to_float, of_double, __builtin_trunc(x))                                  \
  KNOBSCOPE_HALF_FUNCTION(rint, H, H2, to_float, of_double, __builtin_nearbyint(x))

// The directions that the toolkit's headers leave to a GPU; towards zero they have themselves.
#define KNOBSCOPE_HALF_TO_WHOLE(name, To, H, to_float)                                                                \
  KNOBSCOPE_INLINED To name##_rn(const H h) {                                                                         \
    return knobscope::emulated::fitted<To>(__builtin_nearbyintf(to_float(h)));                                        \
  }                                                                                                                   \
  KNOBSCOPE_INLINED To name##_ru(const H h) { return knobscope::emulated::fitted<To>(__builtin_ceilf(to_float(h))); } \
  KNOBSCOPE_INLINED To name##_rd(const H h) { return knobscope::emulated::fitted<To>(__builtin_floorf(to_float(h))); }
#define KNOBSCOPE_HALF_TO_WHOLES(prefix, H, to_float)                  \
  KNOBSCOPE_HALF_TO_WHOLE(prefix##int, int, H, to_float)               \
  KNOBSCOPE_HALF_TO_WHOLE(prefix##uint, unsigned, H, to_float)         \
  KNOBSCOPE_HALF_TO_WHOLE(prefix##short, short, H, to_float)           \
  KNOBSCOPE_HALF_TO_WHOLE(prefix##ushort, unsigned short, H, to_float) \
  KNOBSCOPE_HALF_TO_WHOLE(prefix##ll, long long, H, to_float)          \
  KNOBSCOPE_HALF_TO_WHOLE(prefix##ull, unsigned long long, H, to_float)

#endif
