#pragma once
// The little that plain C++ and NVRTC device code spell differently. Everything in numerics/ is compiled by both, with
// contraction of a*b+c off (-ffp-contract=off, --fmad=false), and uses only IEEE +, -, *, / and square root, so that
// a CPU and a GPU compute the same bits. The error function is the one exception; its last bit is far below what any
// tolerance can see.

#if defined(__CUDACC_RTC__)
#define KNOBSCOPE_HD __device__ inline
#elif defined(__CUDACC__)
#define KNOBSCOPE_HD __host__ __device__ inline
#else
#define KNOBSCOPE_HD inline
#endif

namespace knobscope::device::numerics {

// Own names: NVRTC has no <cstdint>, and these have one spelling and one size on every platform.
using u8 = unsigned char;
using u16 = unsigned short;
using u32 = unsigned int;
using i64 = long long;
using u64 = unsigned long long;
static_assert(sizeof(u16) == 2 && sizeof(u32) == 4 && sizeof(i64) == 8 && sizeof(u64) == 8);

#if defined(__CUDACC_RTC__)
KNOBSCOPE_HD u32 bits_of(float value) { return __float_as_uint(value); }
KNOBSCOPE_HD u64 bits_of(double value) { return static_cast<u64>(__double_as_longlong(value)); }
KNOBSCOPE_HD float float_of(u32 bits) { return __uint_as_float(bits); }
KNOBSCOPE_HD double double_of(u64 bits) { return __longlong_as_double(static_cast<i64>(bits)); }
KNOBSCOPE_HD double square_root(double value) { return __dsqrt_rn(value); }
KNOBSCOPE_HD double error_function(double value) { return erf(value); }
#else
KNOBSCOPE_HD u32 bits_of(float value) { return __builtin_bit_cast(u32, value); }
KNOBSCOPE_HD u64 bits_of(double value) { return __builtin_bit_cast(u64, value); }
KNOBSCOPE_HD float float_of(u32 bits) { return __builtin_bit_cast(float, bits); }
KNOBSCOPE_HD double double_of(u64 bits) { return __builtin_bit_cast(double, bits); }
KNOBSCOPE_HD double square_root(double value) { return __builtin_sqrt(value); }
KNOBSCOPE_HD double error_function(double value) { return __builtin_erf(value); }
#endif

// By bits: a compiler told to assume finite math cannot remove these.
KNOBSCOPE_HD bool is_nan(double value) { return (bits_of(value) & 0x7FFFFFFFFFFFFFFFull) > 0x7FF0000000000000ull; }
KNOBSCOPE_HD bool is_finite(double value) { return (bits_of(value) & 0x7FF0000000000000ull) != 0x7FF0000000000000ull; }
KNOBSCOPE_HD double magnitude(double value) { return double_of(bits_of(value) & 0x7FFFFFFFFFFFFFFFull); }
KNOBSCOPE_HD double infinity() { return double_of(0x7FF0000000000000ull); }
KNOBSCOPE_HD double quiet_nan() { return double_of(0x7FF8000000000000ull); }

}  // namespace knobscope::device::numerics
