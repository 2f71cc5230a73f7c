#ifndef KNOBSCOPE_EMULATED_FLOATING_H
#define KNOBSCOPE_EMULATED_FLOATING_H
// Floating-point functions in the global namespace, as CUDA has them: the C library's, declared here because <cmath>
// takes longer to read than a kernel does to compile, and CUDA's own. A GPU's approximations are answered with more
// exact results, except where they are another function: __powf of a negative base is NaN.
#pragma GCC system_header

#define KNOBSCOPE_UNARY(name)                        \
  extern "C" double name(double) noexcept;           \
  extern "C" float name##f(float) noexcept;          \
  template <knobscope::emulated::Single T>           \
  KNOBSCOPE_INLINED T name(T x) {                    \
    return __builtin_##name##f(x);                   \
  }                                                  \
  template <knobscope::emulated::Whole T>            \
  KNOBSCOPE_INLINED double name(T x) {               \
    return __builtin_##name(static_cast<double>(x)); \
  }
#define KNOBSCOPE_BINARY(name)                     \
  extern "C" double name(double, double) noexcept; \
  extern "C" float name##f(float, float) noexcept; \
  template <knobscope::emulated::Single T>         \
  KNOBSCOPE_INLINED T name(T x, T y) {             \
    return __builtin_##name##f(x, y);              \
  }
KNOBSCOPE_UNARY(acos)
KNOBSCOPE_UNARY(acosh)
KNOBSCOPE_UNARY(asin)
KNOBSCOPE_UNARY(asinh)
KNOBSCOPE_UNARY(atan)
KNOBSCOPE_UNARY(atanh)
KNOBSCOPE_UNARY(cbrt)
KNOBSCOPE_UNARY(ceil)
KNOBSCOPE_UNARY(cos)
KNOBSCOPE_UNARY(cosh)
KNOBSCOPE_UNARY(erf)
KNOBSCOPE_UNARY(erfc)
KNOBSCOPE_UNARY(exp)
KNOBSCOPE_UNARY(exp2)
KNOBSCOPE_UNARY(expm1)
KNOBSCOPE_UNARY(fabs)
KNOBSCOPE_UNARY(floor)
KNOBSCOPE_UNARY(lgamma)
KNOBSCOPE_UNARY(log)
KNOBSCOPE_UNARY(log10)
KNOBSCOPE_UNARY(log1p)
KNOBSCOPE_UNARY(log2)
KNOBSCOPE_UNARY(logb)
KNOBSCOPE_UNARY(nearbyint)
KNOBSCOPE_UNARY(rint)
KNOBSCOPE_UNARY(round)
KNOBSCOPE_UNARY(sin)
KNOBSCOPE_UNARY(sinh)
KNOBSCOPE_UNARY(sqrt)
KNOBSCOPE_UNARY(tan)
KNOBSCOPE_UNARY(tanh)
KNOBSCOPE_UNARY(tgamma)
KNOBSCOPE_UNARY(trunc)
KNOBSCOPE_BINARY(atan2)
KNOBSCOPE_BINARY(copysign)
KNOBSCOPE_BINARY(fdim)
KNOBSCOPE_BINARY(fmax)
KNOBSCOPE_BINARY(fmin)
KNOBSCOPE_BINARY(fmod)
KNOBSCOPE_BINARY(hypot)
KNOBSCOPE_BINARY(nextafter)
KNOBSCOPE_BINARY(pow)
KNOBSCOPE_BINARY(remainder)
#undef KNOBSCOPE_UNARY
#undef KNOBSCOPE_BINARY
extern "C" {
double fma(double, double, double) noexcept;
float fmaf(float, float, float) noexcept;
double frexp(double, int*) noexcept;
float frexpf(float, int*) noexcept;
double modf(double, double*) noexcept;
float modff(float, float*) noexcept;
double remquo(double, double, int*) noexcept;
float remquof(float, float, int*) noexcept;
double ldexp(double, int) noexcept;
float ldexpf(float, int) noexcept;
double scalbn(double, int) noexcept;
float scalbnf(float, int) noexcept;
double scalbln(double, long) noexcept;
float scalblnf(float, long) noexcept;
int ilogb(double) noexcept;
int ilogbf(float) noexcept;
long lrint(double) noexcept;
long lrintf(float) noexcept;
long long llrint(double) noexcept;
long long llrintf(float) noexcept;
long lround(double) noexcept;
long lroundf(float) noexcept;
long long llround(double) noexcept;
long long llroundf(float) noexcept;
double j0(double) noexcept;
float j0f(float) noexcept;
double j1(double) noexcept;
float j1f(float) noexcept;
double jn(int, double) noexcept;
float jnf(int, float) noexcept;
double y0(double) noexcept;
float y0f(float) noexcept;
double y1(double) noexcept;
float y1f(float) noexcept;
double yn(int, double) noexcept;
float ynf(int, float) noexcept;
double exp10(double) noexcept;
float exp10f(float) noexcept;
double nan(const char*) noexcept;
float nanf(const char*) noexcept;
void sincos(double, double*, double*) noexcept;
void sincosf(float, float*, float*) noexcept;
int __isnan(double) noexcept;
int __isnanf(float) noexcept;
int __isinf(double) noexcept;
int __isinff(float) noexcept;
int __finite(double) noexcept;
int __finitef(float) noexcept;
int __signbit(double) noexcept;
int __signbitf(float) noexcept;
}
template <knobscope::emulated::Single T>
KNOBSCOPE_INLINED T fma(T x, T y, T z) {
  return __builtin_fmaf(x, y, z);
}
template <knobscope::emulated::Single T>
KNOBSCOPE_INLINED T frexp(T x, int* exponent) {
  return __builtin_frexpf(x, exponent);
}
template <knobscope::emulated::Single T>
KNOBSCOPE_INLINED T modf(T x, T* whole) {
  return __builtin_modff(x, whole);
}
template <knobscope::emulated::Single T>
KNOBSCOPE_INLINED T remquo(T x, T y, int* quotient) {
  return __builtin_remquof(x, y, quotient);
}
template <knobscope::emulated::Single T>
KNOBSCOPE_INLINED T ldexp(T x, int exponent) {
  return __builtin_ldexpf(x, exponent);
}
template <knobscope::emulated::Single T>
KNOBSCOPE_INLINED T scalbn(T x, int exponent) {
  return __builtin_scalbnf(x, exponent);
}
template <knobscope::emulated::Single T>
KNOBSCOPE_INLINED T scalbln(T x, long exponent) {
  return __builtin_scalblnf(x, exponent);
}
template <knobscope::emulated::Single T>
KNOBSCOPE_INLINED int ilogb(T x) {
  return __builtin_ilogbf(x);
}
template <knobscope::emulated::Single T>
KNOBSCOPE_INLINED long lrint(T x) {
  return __builtin_lrintf(x);
}
template <knobscope::emulated::Single T>
KNOBSCOPE_INLINED long long llrint(T x) {
  return __builtin_llrintf(x);
}
template <knobscope::emulated::Single T>
KNOBSCOPE_INLINED long lround(T x) {
  return __builtin_lroundf(x);
}
template <knobscope::emulated::Single T>
KNOBSCOPE_INLINED long long llround(T x) {
  return __builtin_llroundf(x);
}
KNOBSCOPE_INLINED float exp10(float x) { return exp10f(x); }
KNOBSCOPE_INLINED void sincos(float x, float* sine, float* cosine) { sincosf(x, sine, cosine); }

KNOBSCOPE_INLINED bool isnan(float x) { return __builtin_isnan(x); }
KNOBSCOPE_INLINED bool isnan(double x) { return __builtin_isnan(x); }
KNOBSCOPE_INLINED bool isinf(float x) { return __builtin_isinf(x); }
KNOBSCOPE_INLINED bool isinf(double x) { return __builtin_isinf(x); }
KNOBSCOPE_INLINED bool isfinite(float x) { return __builtin_isfinite(x); }
KNOBSCOPE_INLINED bool isfinite(double x) { return __builtin_isfinite(x); }
KNOBSCOPE_INLINED bool isnormal(float x) { return __builtin_isnormal(x); }
KNOBSCOPE_INLINED bool isnormal(double x) { return __builtin_isnormal(x); }
KNOBSCOPE_INLINED bool signbit(float x) { return __builtin_signbit(x); }
KNOBSCOPE_INLINED bool signbit(double x) { return __builtin_signbit(x); }

// Reciprocals and their kin. In double a float's is exact enough to be rounded once.
KNOBSCOPE_C_INLINED double rsqrt(double x) noexcept { return 1.0 / __builtin_sqrt(x); }
KNOBSCOPE_C_INLINED float rsqrtf(float x) noexcept {
  return static_cast<float>(1.0 / __builtin_sqrt(static_cast<double>(x)));
}
KNOBSCOPE_INLINED float rsqrt(float x) { return rsqrtf(x); }
KNOBSCOPE_C_INLINED double rcbrt(double x) noexcept { return 1.0 / __builtin_cbrt(x); }
KNOBSCOPE_C_INLINED float rcbrtf(float x) noexcept {
  return static_cast<float>(1.0 / __builtin_cbrt(static_cast<double>(x)));
}
KNOBSCOPE_INLINED float rcbrt(float x) { return rcbrtf(x); }
KNOBSCOPE_C_INLINED double rhypot(double x, double y) noexcept { return 1.0 / __builtin_hypot(x, y); }
KNOBSCOPE_C_INLINED float rhypotf(float x, float y) noexcept {
  return static_cast<float>(1.0 / __builtin_hypot(static_cast<double>(x), static_cast<double>(y)));
}
KNOBSCOPE_INLINED float rhypot(float x, float y) { return rhypotf(x, y); }
KNOBSCOPE_C_INLINED double norm3d(double x, double y, double z) noexcept {
  return __builtin_hypot(__builtin_hypot(x, y), z);
}
KNOBSCOPE_C_INLINED float norm3df(float x, float y, float z) noexcept {
  return static_cast<float>(norm3d(static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)));
}
KNOBSCOPE_C_INLINED double norm4d(double x, double y, double z, double w) noexcept {
  return __builtin_hypot(__builtin_hypot(x, y), __builtin_hypot(z, w));
}
KNOBSCOPE_C_INLINED float norm4df(float x, float y, float z, float w) noexcept {
  return static_cast<float>(
      norm4d(static_cast<double>(x), static_cast<double>(y), static_cast<double>(z), static_cast<double>(w)));
}
KNOBSCOPE_C_INLINED double rnorm3d(double x, double y, double z) noexcept { return 1.0 / norm3d(x, y, z); }
KNOBSCOPE_C_INLINED float rnorm3df(float x, float y, float z) noexcept {
  return static_cast<float>(rnorm3d(static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)));
}
KNOBSCOPE_C_INLINED double rnorm4d(double x, double y, double z, double w) noexcept { return 1.0 / norm4d(x, y, z, w); }
KNOBSCOPE_C_INLINED float rnorm4df(float x, float y, float z, float w) noexcept {
  return static_cast<float>(
      rnorm4d(static_cast<double>(x), static_cast<double>(y), static_cast<double>(z), static_cast<double>(w)));
}
KNOBSCOPE_C_INLINED double fdivide(double x, double y) noexcept { return x / y; }
KNOBSCOPE_C_INLINED float fdividef(float x, float y) noexcept { return x / y; }
KNOBSCOPE_INLINED float fdivide(float x, float y) { return x / y; }

// The fast ones.
KNOBSCOPE_C_INLINED float __expf(float x) noexcept { return __builtin_expf(x); }
KNOBSCOPE_C_INLINED float __exp10f(float x) noexcept { return exp10f(x); }
KNOBSCOPE_C_INLINED float __logf(float x) noexcept { return __builtin_logf(x); }
KNOBSCOPE_C_INLINED float __log2f(float x) noexcept { return __builtin_log2f(x); }
KNOBSCOPE_C_INLINED float __log10f(float x) noexcept { return __builtin_log10f(x); }
KNOBSCOPE_C_INLINED float __powf(float x, float y) noexcept { return __builtin_exp2f(y * __builtin_log2f(x)); }
KNOBSCOPE_C_INLINED float __sinf(float x) noexcept { return __builtin_sinf(x); }
KNOBSCOPE_C_INLINED float __cosf(float x) noexcept { return __builtin_cosf(x); }
KNOBSCOPE_C_INLINED float __tanf(float x) noexcept { return __builtin_sinf(x) / __builtin_cosf(x); }
KNOBSCOPE_C_INLINED float __tanhf(float x) noexcept { return __builtin_tanhf(x); }
KNOBSCOPE_C_INLINED void __sincosf(float x, float* sine, float* cosine) noexcept { sincosf(x, sine, cosine); }
/// A divisor above 2^126 gives 0, as on a GPU; an infinite dividend then gives NaN.
KNOBSCOPE_C_INLINED float __fdividef(float x, float y) noexcept {
  const float size = __builtin_fabsf(y);
  if (size > 0x1p126F && size < __builtin_inff()) return x * 0.0F;
  return x / y;
}
/// To [0, 1]; NaN becomes 0.
KNOBSCOPE_INLINED float __saturatef(float x) { return x > 0.0F ? (x < 1.0F ? x : 1.0F) : 0.0F; }

// Rarer ones, each computed in double.
namespace knobscope::emulated {

inline double sine_of_pi_times(double x) {
  const double rest = x - 2.0 * __builtin_nearbyint(0.5 * x);  // in [-1, 1], exactly
  if (rest == 0.0 || rest == 1.0 || rest == -1.0) return __builtin_copysign(0.0, x);
  return __builtin_sin(3.14159265358979323846 * rest);
}
inline double cosine_of_pi_times(double x) {
  const double rest = __builtin_fabs(x - 2.0 * __builtin_nearbyint(0.5 * x));
  return rest == 0.5 ? 0.0 : __builtin_cos(3.14159265358979323846 * rest);
}

/// By Halley's rule from Abramowitz and Stegun's 26.2.22.
inline double inverse_erfc(double y) {
  if (!(y >= 0.0 && y <= 2.0)) return __builtin_nan("");
  if (y == 0.0) return __builtin_inf();
  if (y == 2.0) return -__builtin_inf();
  const double tail = y < 1.0 ? y : 2.0 - y;
  const double t = __builtin_sqrt(-2.0 * __builtin_log(0.5 * tail));
  double x = 0.70710678118654752 * (t - (2.30753 + t * 0.27061) / (1.0 + t * (0.99229 + t * 0.04481)));
  for (int i = 0; i < 3; ++i) {
    const double slope = 1.12837916709551257 * __builtin_exp(-x * x);
    if (slope == 0.0) break;
    const double miss = __builtin_erfc(x) - tail;
    x += miss / (slope - x * miss);
  }
  return y < 1.0 ? x : -x;
}
inline double inverse_erf(double y) {
  if (__builtin_fabs(y) > 0.5) return y > 0.0 ? inverse_erfc(1.0 - y) : -inverse_erfc(1.0 + y);
  double x = y * 0.88622692545275801;
  for (int i = 0; i < 6; ++i) x -= (__builtin_erf(x) - y) / (1.12837916709551257 * __builtin_exp(-x * x));
  return x;
}
inline double scaled_erfc(double x) {
  if (x < 10.0) return __builtin_exp(x * x) * __builtin_erfc(x);
  const double s = 1.0 / (x * x);
  return 0.56418958354775629 / x *
         (1.0 - s * (0.5 - s * (0.75 - s * (1.875 - s * (6.5625 - s * (29.53125 - s * 162.421875))))));
}

}  // namespace knobscope::emulated

#define KNOBSCOPE_COMPUTED(name, expression)                                                                       \
  KNOBSCOPE_C_INLINED double name(double x) noexcept { return expression; }                                        \
  KNOBSCOPE_C_INLINED float name##f(float x) noexcept { return static_cast<float>(name(static_cast<double>(x))); } \
  KNOBSCOPE_INLINED float name(float x) { return name##f(x); }
KNOBSCOPE_COMPUTED(sinpi, knobscope::emulated::sine_of_pi_times(x))
KNOBSCOPE_COMPUTED(cospi, knobscope::emulated::cosine_of_pi_times(x))
KNOBSCOPE_COMPUTED(erfinv, knobscope::emulated::inverse_erf(x))
KNOBSCOPE_COMPUTED(erfcinv, knobscope::emulated::inverse_erfc(x))
KNOBSCOPE_COMPUTED(erfcx, knobscope::emulated::scaled_erfc(x))
KNOBSCOPE_COMPUTED(normcdf, 0.5 * __builtin_erfc(-0.70710678118654752 * x))
KNOBSCOPE_COMPUTED(normcdfinv, -1.41421356237309505 * knobscope::emulated::inverse_erfc(2.0 * x))
#undef KNOBSCOPE_COMPUTED
KNOBSCOPE_INLINED void sincospi(double x, double* sine, double* cosine) {
  *sine = sinpi(x);
  *cosine = cospi(x);
}
KNOBSCOPE_INLINED void sincospif(float x, float* sine, float* cosine) {
  *sine = sinpif(x);
  *cosine = cospif(x);
}

#endif
