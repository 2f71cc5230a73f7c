#ifndef KNOBSCOPE_EMULATED_CONVERSIONS_H
#define KNOBSCOPE_EMULATED_CONVERSIONS_H
// Conversions between numbers with a stated rounding, and between numbers and their bits.
#pragma GCC system_header

namespace knobscope::emulated {

/// What a GPU makes of a whole number that may not fit: the nearest one that does. NaN becomes 0, or only the highest
/// bit where either type has 64 bits.
template <typename To, typename From>
constexpr To fitted(From whole) {
  constexpr bool is_signed = To(-1) < To(0);
  constexpr To highest_bit = static_cast<To>(To(1) << (sizeof(To) * 8 - 1));
  constexpr To smallest = is_signed ? highest_bit : To(0);
  constexpr To largest = static_cast<To>(~smallest);
  if (whole != whole) return sizeof(To) == 8 || sizeof(From) == 8 ? highest_bit : To(0);
  // 2^31, 2^32, 2^63 or 2^64: exact in any floating-point type.
  constexpr From too_large = From(2) * static_cast<From>(static_cast<To>(largest / 2 + 1));
  if (whole >= too_large) return largest;
  if (whole < static_cast<From>(smallest)) return smallest;
  return static_cast<To>(whole);
}

enum class Direction { zero, up, down };

/// `value` as a To, rounded one way: the nearest one, moved by one step if it lies on the wrong side.
template <typename To, typename From>
inline To rounded(From value, Direction direction) {
  // As a long double, which holds every From exactly.
  const long double exact = static_cast<long double>(value);
  const To nearest = static_cast<To>(value);
  const long double got = static_cast<long double>(nearest);
  const bool down = direction == Direction::down || (direction == Direction::zero && exact > 0.0L);
  const To towards = down ? -static_cast<To>(__builtin_inf()) : static_cast<To>(__builtin_inf());
  if (down ? got <= exact : got >= exact) return nearest;
  if (exact != exact) return nearest;
  if constexpr (sizeof(To) == 4) return __builtin_nextafterf(nearest, towards);
  if constexpr (sizeof(To) == 8) return __builtin_nextafter(nearest, towards);
}

}  // namespace knobscope::emulated

#define KNOBSCOPE_TO_WHOLE(name, To, From, f)                                                                   \
  KNOBSCOPE_INLINED To name##_rn(From x) { return knobscope::emulated::fitted<To>(__builtin_nearbyint##f(x)); } \
  KNOBSCOPE_INLINED To name##_rz(From x) { return knobscope::emulated::fitted<To>(__builtin_trunc##f(x)); }     \
  KNOBSCOPE_INLINED To name##_ru(From x) { return knobscope::emulated::fitted<To>(__builtin_ceil##f(x)); }      \
  KNOBSCOPE_INLINED To name##_rd(From x) { return knobscope::emulated::fitted<To>(__builtin_floor##f(x)); }
KNOBSCOPE_TO_WHOLE(__float2int, int, float, f)
KNOBSCOPE_TO_WHOLE(__float2uint, unsigned, float, f)
KNOBSCOPE_TO_WHOLE(__float2ll, long long, float, f)
KNOBSCOPE_TO_WHOLE(__float2ull, unsigned long long, float, f)
KNOBSCOPE_TO_WHOLE(__double2int, int, double, )
KNOBSCOPE_TO_WHOLE(__double2uint, unsigned, double, )
KNOBSCOPE_TO_WHOLE(__double2ll, long long, double, )
KNOBSCOPE_TO_WHOLE(__double2ull, unsigned long long, double, )
#undef KNOBSCOPE_TO_WHOLE

#define KNOBSCOPE_TO_FLOATING(name, To, From)                                         \
  KNOBSCOPE_INLINED To name##_rn(From x) { return static_cast<To>(x); }               \
  KNOBSCOPE_INLINED To name##_rz(From x) {                                            \
    return knobscope::emulated::rounded<To>(x, knobscope::emulated::Direction::zero); \
  }                                                                                   \
  KNOBSCOPE_INLINED To name##_ru(From x) {                                            \
    return knobscope::emulated::rounded<To>(x, knobscope::emulated::Direction::up);   \
  }                                                                                   \
  KNOBSCOPE_INLINED To name##_rd(From x) {                                            \
    return knobscope::emulated::rounded<To>(x, knobscope::emulated::Direction::down); \
  }
KNOBSCOPE_TO_FLOATING(__int2float, float, int)
KNOBSCOPE_TO_FLOATING(__uint2float, float, unsigned)
KNOBSCOPE_TO_FLOATING(__ll2float, float, long long)
KNOBSCOPE_TO_FLOATING(__ull2float, float, unsigned long long)
KNOBSCOPE_TO_FLOATING(__ll2double, double, long long)
KNOBSCOPE_TO_FLOATING(__ull2double, double, unsigned long long)
KNOBSCOPE_TO_FLOATING(__double2float, float, double)
#undef KNOBSCOPE_TO_FLOATING
KNOBSCOPE_INLINED double __int2double_rn(int x) { return x; }
KNOBSCOPE_INLINED double __uint2double_rn(unsigned x) { return x; }

KNOBSCOPE_INLINED int __float_as_int(float x) { return __builtin_bit_cast(int, x); }
KNOBSCOPE_INLINED unsigned __float_as_uint(float x) { return __builtin_bit_cast(unsigned, x); }
KNOBSCOPE_INLINED float __int_as_float(int x) { return __builtin_bit_cast(float, x); }
KNOBSCOPE_INLINED float __uint_as_float(unsigned x) { return __builtin_bit_cast(float, x); }
KNOBSCOPE_INLINED long long __double_as_longlong(double x) { return __builtin_bit_cast(long long, x); }
KNOBSCOPE_INLINED double __longlong_as_double(long long x) { return __builtin_bit_cast(double, x); }
KNOBSCOPE_INLINED int __double2hiint(double x) {
  return static_cast<int>(__builtin_bit_cast(unsigned long long, x) >> 32);
}
KNOBSCOPE_INLINED int __double2loint(double x) {
  return static_cast<int>(static_cast<unsigned>(__builtin_bit_cast(unsigned long long, x)));
}
KNOBSCOPE_INLINED double __hiloint2double(int high, int low) {
  return __builtin_bit_cast(
      double, static_cast<unsigned long long>(static_cast<unsigned>(high)) << 32 | static_cast<unsigned>(low));
}

#endif
