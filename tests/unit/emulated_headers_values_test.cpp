// Intrinsics, conversions, rounding: each against its definition.

#include <algorithm>
#include <array>
#include <bit>
#include <cfenv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <random>

#include "emulated_bench.h"

namespace knobscope::emulated {
namespace {

constexpr const char* kKernels = R"(
#define EXPORT extern "C" __attribute__((visibility("default"))) __global__ void
EXPORT integers(unsigned x, unsigned y, unsigned s, unsigned* out) {
  const int i = static_cast<int>(x), j = static_cast<int>(y);
  out[0] = __popc(x);
  out[1] = __clz(i);
  out[2] = __ffs(i);
  out[3] = __brev(x);
  out[4] = __byte_perm(x, y, s);
  out[5] = __funnelshift_l(x, y, s);
  out[6] = __funnelshift_r(x, y, s);
  out[7] = __funnelshift_lc(x, y, s);
  out[8] = __funnelshift_rc(x, y, s);
  out[9] = __mulhi(i, j);
  out[10] = __umulhi(x, y);
  out[11] = __mul24(i, j);
  out[12] = __umul24(x, y);
  out[13] = __sad(i, j, s);
  out[14] = __usad(x, y, s);
  out[15] = __dp4a(i, j, static_cast<int>(s));
  out[16] = __clzll(static_cast<long long>(x) << 20);
  out[17] = __ffsll(static_cast<long long>(x) << 20);
  out[18] = __popcll((static_cast<unsigned long long>(x) << 32) | y);
  out[19] = static_cast<unsigned>(__brevll(x) >> 32);
  out[20] = __fns(x, s & 31, 2);
  out[21] = static_cast<unsigned>(__umul64hi(static_cast<unsigned long long>(x) << 32, y));
  out[22] = __uhadd(x, y);
  out[23] = __rhadd(i, j);
}
EXPORT limits(int i, unsigned u, long long l, unsigned long long ul, double* out) {
  out[0] = min(i, 7);
  out[1] = min(i, u);
  out[2] = max(l, 5ll);
  out[3] = static_cast<double>(max(l, ul));
  out[4] = min(1.5f, 2.5);
  out[5] = max(NAN_F, 2.0f);
  out[6] = abs(i);
  out[7] = abs(l);
  out[8] = abs(-1.5f);
  out[9] = static_cast<double>(min(-1L, 2L));
}
EXPORT to_whole(float f, double d, long long* out) {
  out[0] = __float2int_rn(f); out[1] = __float2int_rz(f); out[2] = __float2int_ru(f); out[3] = __float2int_rd(f);
  out[4] = __float2uint_rn(f); out[5] = __float2uint_rz(f);
  out[6] = __float2ll_rn(f); out[7] = __float2ll_rz(f);
  out[8] = static_cast<long long>(__float2ull_rn(f)); out[9] = static_cast<long long>(__float2ull_rd(f));
  out[10] = __double2int_rn(d); out[11] = __double2int_rz(d); out[12] = __double2int_ru(d);
  out[13] = __double2uint_rn(d); out[14] = __double2ll_rd(d); out[15] = static_cast<long long>(__double2ull_rz(d));
}
EXPORT to_floating(int i, unsigned u, long long l, unsigned long long ul, double d, double* out) {
  out[0] = __int2float_rn(i); out[1] = __int2float_rz(i); out[2] = __int2float_ru(i); out[3] = __int2float_rd(i);
  out[4] = __uint2float_rn(u); out[5] = __uint2float_rz(u); out[6] = __uint2float_ru(u); out[7] = __uint2float_rd(u);
  out[8] = __ll2float_rn(l); out[9] = __ll2float_rz(l); out[10] = __ll2float_ru(l); out[11] = __ll2float_rd(l);
  out[12] = __ull2double_rn(ul); out[13] = __ull2double_rz(ul);
  out[14] = __ull2double_ru(ul); out[15] = __ull2double_rd(ul);
  out[16] = __double2float_rn(d); out[17] = __double2float_rz(d);
  out[18] = __double2float_ru(d); out[19] = __double2float_rd(d);
}
EXPORT rounding(float a, float b, float c, float* out) {
  out[0] = __fadd_rn(a, b); out[1] = __fadd_rz(a, b); out[2] = __fadd_ru(a, b); out[3] = __fadd_rd(a, b);
  out[4] = __fmul_rn(a, b); out[5] = __fmul_rz(a, b); out[6] = __fmul_ru(a, b); out[7] = __fmul_rd(a, b);
  out[8] = __fdiv_rn(a, b); out[9] = __fdiv_rz(a, b); out[10] = __fdiv_ru(a, b); out[11] = __fdiv_rd(a, b);
  out[12] = __fmaf_rn(a, b, c); out[13] = __fmaf_rz(a, b, c); out[14] = __fmaf_ru(a, b, c);
  out[15] = __fmaf_rd(a, b, c);
  out[16] = __frcp_rn(b); out[17] = __fsqrt_rn(b); out[18] = __fsqrt_ru(b); out[19] = __fsqrt_rd(b);
  out[20] = __fadd_rn(__fmul_rn(a, b), c);
  out[21] = __fsub_rn(a, __fmul_rn(b, c));
  out[22] = fmaf(a, b, c);
  out[23] = __frsqrt_rn(b);
}
EXPORT functions(float x, float y, float* out) {
  out[0] = rsqrtf(x); out[1] = __fdividef(x, y); out[2] = __saturatef(x); out[3] = __powf(x, y); out[4] = __expf(x);
  out[5] = erfinvf(y); out[6] = erfcinvf(y); out[7] = normcdff(x); out[8] = normcdfinvf(y); out[9] = erfcxf(x);
  out[10] = sinpif(x); out[11] = cospif(x); out[12] = rhypotf(x, y); out[13] = exp10f(y); out[14] = rcbrtf(x);
  sincosf(x, out + 15, out + 16);
  out[17] = norm3df(x, y, 2.0f); out[18] = sqrtf(x); out[19] = fmodf(x, y); out[20] = copysignf(x, y);
  out[21] = isnan(x) + 2 * isinf(x) + 4 * isfinite(y) + 8 * signbit(x);
}
EXPORT bits(double d, float f, int hi, int lo, long long* out) {
  out[0] = __double_as_longlong(d); out[1] = __float_as_int(f); out[2] = __float_as_uint(f);
  out[3] = __double2hiint(d); out[4] = __double2loint(d);
  out[5] = __double_as_longlong(__hiloint2double(hi, lo));
}
)";

class EmulatedValues : public OnEachCompiler {
 protected:
  static Unit& unit() {
    static std::vector<std::pair<std::string, std::unique_ptr<Unit>>> made;
    for (auto& [compiler, unit] : made) {
      if (compiler == GetParam()) return *unit;
    }
    const std::string text = std::string("#define NAN_F __int_as_float(0x7FC00000)\n") + kKernels;
    return *made.emplace_back(GetParam(), std::make_unique<Unit>(GetParam(), text)).second;
  }
};

std::uint32_t bytes_picked(std::uint32_t x, std::uint32_t y, std::uint32_t s) {
  std::uint32_t result = 0;
  for (unsigned i = 0; i < 4; ++i) {
    const unsigned nibble = s >> (4 * i) & 15u;
    const std::uint64_t both = static_cast<std::uint64_t>(y) << 32 | x;
    unsigned byte = static_cast<unsigned>(both >> 8 * (nibble & 7u)) & 255u;
    if (nibble >= 8) byte = byte >= 128 ? 255 : 0;
    result |= byte << (8 * i);
  }
  return result;
}

TEST_P(EmulatedValues, IntegerIntrinsics) {
  std::mt19937 random(1);
  std::vector<std::array<std::uint32_t, 3>> inputs = {
      {0, 0, 0}, {~0u, ~0u, 32}, {1u << 31, 1, 31}, {0x80FFu, 7, 0x8F21u}};
  const auto any = [&random] { return static_cast<std::uint32_t>(random()); };
  for (int i = 0; i < 100; ++i) inputs.push_back({any(), any(), any() % 40});
  for (const auto& [x, y, s] : inputs) {
    std::array<unsigned, 24> out{};
    unit().call("integers", x, y, s, out.data());
    SCOPED_TRACE(testing::Message() << std::hex << x << " " << y << " " << s);
    const auto i = static_cast<std::int32_t>(x);
    const auto j = static_cast<std::int32_t>(y);
    const std::uint64_t both = static_cast<std::uint64_t>(y) << 32 | x;
    EXPECT_EQ(out[0], static_cast<unsigned>(std::popcount(x)));
    EXPECT_EQ(out[1], static_cast<unsigned>(std::countl_zero(x)));
    EXPECT_EQ(out[2], x == 0 ? 0u : static_cast<unsigned>(std::countr_zero(x)) + 1u);
    std::uint32_t reversed = 0;
    for (int bit = 0; bit < 32; ++bit) reversed |= (x >> bit & 1u) << (31 - bit);
    EXPECT_EQ(out[3], reversed);
    EXPECT_EQ(out[4], bytes_picked(x, y, s));
    EXPECT_EQ(out[5], static_cast<std::uint32_t>(both << (s % 32) >> 32));
    EXPECT_EQ(out[6], static_cast<std::uint32_t>(both >> (s % 32)));
    EXPECT_EQ(out[7], s >= 32 ? x : static_cast<std::uint32_t>(both << s >> 32));
    EXPECT_EQ(out[8], s >= 32 ? y : static_cast<std::uint32_t>(both >> s));
    EXPECT_EQ(out[9], static_cast<std::uint32_t>(static_cast<std::int64_t>(i) * j >> 32));
    EXPECT_EQ(out[10], static_cast<std::uint32_t>(static_cast<std::uint64_t>(x) * y >> 32));
    const std::int64_t x24 = static_cast<std::int32_t>(x << 8) >> 8;
    const std::int64_t y24 = static_cast<std::int32_t>(y << 8) >> 8;
    EXPECT_EQ(out[11], static_cast<std::uint32_t>(x24 * y24));
    EXPECT_EQ(out[12], static_cast<std::uint32_t>(static_cast<std::uint64_t>(x & 0xFFFFFF) * (y & 0xFFFFFF)));
    EXPECT_EQ(out[13], static_cast<std::uint32_t>(std::llabs(static_cast<std::int64_t>(i) - j) + s));
    EXPECT_EQ(out[14], (x > y ? x - y : y - x) + s);
    std::int64_t dot = static_cast<std::int32_t>(s);
    for (int byte = 0; byte < 4; ++byte) {
      dot += static_cast<std::int8_t>(x >> 8 * byte) * static_cast<std::int8_t>(y >> 8 * byte);
    }
    EXPECT_EQ(out[15], static_cast<std::uint32_t>(dot));
    EXPECT_EQ(out[16], static_cast<unsigned>(std::countl_zero(static_cast<std::uint64_t>(x) << 20)));
    EXPECT_EQ(out[17], x == 0 ? 0u : static_cast<unsigned>(std::countr_zero(x)) + 21u);
    EXPECT_EQ(out[18], static_cast<unsigned>(std::popcount(both)));
    EXPECT_EQ(out[19], reversed);
    std::uint32_t second = ~0u;
    int seen = 0;
    for (unsigned bit = s & 31u; bit < 32 && seen < 2; ++bit) {
      if ((x >> bit & 1u) != 0 && ++seen == 2) second = bit;
    }
    EXPECT_EQ(out[20], second);
    EXPECT_EQ(out[21], static_cast<std::uint32_t>(static_cast<std::uint64_t>(x) * y >> 32));
    EXPECT_EQ(out[22], static_cast<std::uint32_t>((static_cast<std::uint64_t>(x) + y) / 2));
    EXPECT_EQ(out[23], static_cast<std::uint32_t>((static_cast<std::int64_t>(i) + j + 1) >> 1));
  }
}

TEST_P(EmulatedValues, MinMaxOfUnlikeTypes) {
  std::array<double, 10> out{};
  unit().call("limits", -3, 5u, -9LL, 4ULL, out.data());
  // A negative int against an unsigned one is a huge number, as in CUDA.
  EXPECT_EQ(out, (std::array<double, 10>{-3, 5, 5, 0x1p64 - 9, 1.5, 2, 3, 9, 1.5, -1}));
}

template <typename To>
long long fitted(long double x) {
  if (std::isnan(x)) return 0;
  const auto low = static_cast<long double>(std::numeric_limits<To>::min());
  const auto high = static_cast<long double>(std::numeric_limits<To>::max());
  return static_cast<long long>(static_cast<To>(x <= low    ? std::numeric_limits<To>::min()
                                                : x >= high ? std::numeric_limits<To>::max()
                                                            : static_cast<To>(x)));
}

TEST_P(EmulatedValues, NumbersBecomeWholeAsOnAGpu) {
  for (const double x : {0.0, 0.5, 1.5, 2.5, -0.5, -1.5, 3.7, -3.7, 2147483648.0, -2147483648.0, 4294967296.0, 1e10,
                         -1e10, 1e19, -1e19, 1e30, 1e-30, HUGE_VAL, -HUGE_VAL}) {
    const auto f = static_cast<float>(x);
    std::array<long long, 16> out{};
    unit().call("to_whole", f, x, out.data());
    SCOPED_TRACE(x);
    EXPECT_EQ(out[0], fitted<int>(std::nearbyint(f)));
    EXPECT_EQ(out[1], fitted<int>(std::trunc(f)));
    EXPECT_EQ(out[2], fitted<int>(std::ceil(f)));
    EXPECT_EQ(out[3], fitted<int>(std::floor(f)));
    EXPECT_EQ(out[4], fitted<unsigned>(std::nearbyint(f)));
    EXPECT_EQ(out[5], fitted<unsigned>(std::trunc(f)));
    EXPECT_EQ(out[6], fitted<long long>(std::nearbyint(f)));
    EXPECT_EQ(out[7], fitted<long long>(std::trunc(f)));
    EXPECT_EQ(out[8], fitted<unsigned long long>(std::nearbyint(f)));
    EXPECT_EQ(out[9], fitted<unsigned long long>(std::floor(f)));
    EXPECT_EQ(out[10], fitted<int>(std::nearbyint(x)));
    EXPECT_EQ(out[11], fitted<int>(std::trunc(x)));
    EXPECT_EQ(out[12], fitted<int>(std::ceil(x)));
    EXPECT_EQ(out[13], fitted<unsigned>(std::nearbyint(x)));
    EXPECT_EQ(out[14], fitted<long long>(std::floor(x)));
    EXPECT_EQ(out[15], fitted<unsigned long long>(std::trunc(x)));
  }
  std::array<long long, 16> out{};
  unit().call("to_whole", std::nanf(""), std::nan(""), out.data());
  EXPECT_EQ(out[0], 0);
  EXPECT_EQ(out[4], 0);
  EXPECT_EQ(out[6], std::numeric_limits<long long>::min());
  EXPECT_EQ(out[8], std::numeric_limits<long long>::min());
  EXPECT_EQ(out[14], std::numeric_limits<long long>::min());
}

// To nearest, to zero, up, down, by the processor's own rounding.
template <typename To, typename From>
std::array<double, 4> rounded_four_ways(From x) {
  std::array<double, 4> results{};
  const std::array modes = {FE_TONEAREST, FE_TOWARDZERO, FE_UPWARD, FE_DOWNWARD};
  for (std::size_t i = 0; i < 4; ++i) {
    std::fesetround(modes[i]);
    volatile From source = x;
    volatile To result = static_cast<To>(source);
    std::fesetround(FE_TONEAREST);
    results[i] = static_cast<double>(result);
  }
  return results;
}

TEST_P(EmulatedValues, WholeNumbersBecomeFloatingTheWayAsked) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 200; ++i) {
    const unsigned long long bits = i == 0 ? 0 : i == 1 ? ~0ULL : random();
    const auto x = static_cast<int>(bits);
    const auto u = static_cast<unsigned>(bits);
    const auto l = static_cast<long long>(bits);
    const double d =
        std::ldexp(static_cast<double>(static_cast<long long>(bits)), static_cast<int>(random() % 250) - 200);
    std::array<double, 20> out{};
    unit().call("to_floating", x, u, l, bits, d, out.data());
    const std::array<std::array<double, 4>, 5> expected = {rounded_four_ways<float>(x), rounded_four_ways<float>(u),
                                                           rounded_four_ways<float>(l), rounded_four_ways<double>(bits),
                                                           rounded_four_ways<float>(d)};
    for (std::size_t which = 0; which < 20; ++which) {
      EXPECT_EQ(out[which], expected[which / 4][which % 4]) << which << " of " << bits << " and " << d;
    }
  }
}

TEST_P(EmulatedValues, ArithmeticRoundsTheWayAskedAndIsNotFused) {
  std::mt19937 random(5);
  const auto value = [&] {
    return std::ldexp(1.0F + static_cast<float>(random()) * 0x1p-32F, static_cast<int>(random() % 12) - 6) *
           (random() % 2 == 0 ? 1.0F : -1.0F);
  };
  for (int i = 0; i < 300; ++i) {
    const float a = value();
    const float b = std::fabs(value());
    // c takes away most of the product, so that its rounding shows.
    volatile float product = a * b;
    const float c = i % 2 == 0 ? -product : value();
    std::array<float, 24> out{};
    unit().call("rounding", a, b, c, out.data());
    SCOPED_TRACE(testing::Message() << a << " " << b << " " << c);
    const double da = static_cast<double>(a);
    const double db = static_cast<double>(b);
    const auto four = [&](std::size_t at, double exact) {
      const std::array<double, 4> expected = rounded_four_ways<float>(exact);
      for (std::size_t way = 0; way < 4; ++way) {
        EXPECT_EQ(static_cast<double>(out[at + way]), expected[way]) << at << "+" << way;
      }
    };
    four(0, da + db);  // exact: the exponents are close together
    four(4, da * db);
    if (std::fabs(da * db + static_cast<double>(c)) > 0x1p-20) four(12, da * db + static_cast<double>(c));
    EXPECT_EQ(out[8], a / b);
    EXPECT_LE(out[11], out[10]);
    EXPECT_LE(std::fabs(out[9]), std::fabs(out[8]));
    EXPECT_EQ(out[16], 1.0F / b);
    EXPECT_EQ(out[17], std::sqrt(b));
    EXPECT_GE(static_cast<double>(out[18]) * static_cast<double>(out[18]), db);
    EXPECT_LE(static_cast<double>(out[19]) * static_cast<double>(out[19]), db);
    volatile float sum = product + c;
    EXPECT_EQ(out[20], sum);
    volatile float other_product = b * c;
    volatile float difference = a - other_product;
    EXPECT_EQ(out[21], difference);
    EXPECT_EQ(out[22], std::fma(a, b, c));
    EXPECT_EQ(out[23], static_cast<float>(1.0 / std::sqrt(db)));
  }
}

TEST_P(EmulatedValues, FunctionsOfCudasOwn) {
  std::array<float, 22> out{};
  const auto call = [&](float x, float y) { unit().call("functions", x, y, out.data()); };
  const auto near = [&](std::size_t at, double expected) {
    EXPECT_NEAR(static_cast<double>(out[at]), expected, 3e-7 * std::max(1.0, std::fabs(expected))) << at;
  };
  for (const float x : {0.001F, 0.25F, 1.0F, 2.5F, 17.0F}) {
    for (const float y : {0.0625F, 0.5F, 0.9F, 0.999F}) {
      SCOPED_TRACE(testing::Message() << x << " " << y);
      call(x, y);
      const double dx = static_cast<double>(x);
      const double dy = static_cast<double>(y);
      EXPECT_EQ(out[0], static_cast<float>(1.0 / std::sqrt(dx)));
      near(1, dx / dy);
      EXPECT_EQ(out[2], std::min(x, 1.0F));
      near(3, std::pow(dx, dy));
      near(4, std::exp(dx));
      EXPECT_NEAR(std::erf(static_cast<double>(out[5])), dy, 1e-7);
      EXPECT_NEAR(std::erfc(static_cast<double>(out[6])), dy, 2e-7);
      near(7, 0.5 * std::erfc(-dx / std::sqrt(2.0)));
      EXPECT_NEAR(0.5 * std::erfc(-static_cast<double>(out[8]) / std::sqrt(2.0)), dy, 2e-7);
      near(9, std::exp(dx * dx) * std::erfc(dx));
      near(10, std::sin(3.14159265358979323846 * std::fmod(dx, 2.0)));
      near(11, std::cos(3.14159265358979323846 * std::fmod(dx, 2.0)));
      near(12, 1.0 / std::hypot(dx, dy));
      near(13, std::pow(10.0, dy));
      near(14, 1.0 / std::cbrt(dx));
      near(15, std::sin(dx));
      near(16, std::cos(dx));
      near(17, std::sqrt(dx * dx + dy * dy + 4.0));
      near(18, std::sqrt(dx));
      EXPECT_EQ(out[19], std::fmod(x, y));
      EXPECT_EQ(out[21], 4.0F);
    }
  }
  call(-2.0F, 2.0F);
  EXPECT_TRUE(std::isnan(out[0]));
  EXPECT_TRUE(std::isnan(out[3]));  // the base's logarithm is taken
  EXPECT_EQ(out[2], 0.0F);
  EXPECT_EQ(out[21], 12.0F);
  call(8.0F, 0x1.8p126F);
  EXPECT_EQ(out[1], 0.0F);  // a divisor that the fast division cannot invert
  call(std::nanf(""), 1.0F);
  EXPECT_EQ(out[2], 0.0F);
  EXPECT_EQ(out[21], 5.0F);
  EXPECT_TRUE(std::isinf(out[5]));
  call(HUGE_VALF, 0.0F);
  EXPECT_EQ(out[0], 0.0F);
  EXPECT_EQ(out[5], 0.0F);
  EXPECT_TRUE(std::isinf(out[6]));
}

TEST_P(EmulatedValues, BitsAreTakenAsTheyAre) {
  std::array<long long, 6> out{};
  unit().call("bits", -2.5, -0.0F, -1, 5, out.data());
  EXPECT_EQ(out[0], std::bit_cast<long long>(-2.5));
  EXPECT_EQ(out[1], std::numeric_limits<int>::min());
  EXPECT_EQ(out[2], 0x80000000LL);
  EXPECT_EQ(out[3], static_cast<int>(std::bit_cast<std::uint64_t>(-2.5) >> 32));
  EXPECT_EQ(out[4], 0);
  EXPECT_EQ(out[5], static_cast<long long>(0xFFFFFFFF00000005ULL));
}

INSTANTIATE_TEST_SUITE_P(Compilers, EmulatedValues, testing::ValuesIn(compilers()), test_name);

}  // namespace
}  // namespace knobscope::emulated
