// The half types: what the toolkit's headers leave to a GPU, against numbers rounded by our own reference arithmetic.

#include <array>
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
#include <cuda_fp16.h>
#include <cuda_bf16.h>
using Bits = unsigned short;
__device__ __half half_of(Bits b) { return __ushort_as_half(b); }
__device__ __nv_bfloat16 bfloat_of(Bits b) { return __ushort_as_bfloat16(b); }
__device__ Bits bits(__half h) { return __half_as_ushort(h); }
__device__ Bits bits(__nv_bfloat16 h) { return __bfloat16_as_ushort(h); }

template <typename H, typename H2> __device__ void arithmetic(H a, H b, H c, Bits* out, H2 (*pair)(H, H)) {
  out[0] = bits(__hfma(a, b, c));
  out[1] = bits(__hfma_relu(a, b, c));
  out[2] = bits(__hfma_sat(a, b, c));
  out[3] = bits(hsqrt(a));
  out[4] = bits(hrsqrt(a));
  out[5] = bits(hrcp(a));
  out[6] = bits(hexp(a));
  out[7] = bits(hlog(a));
  out[8] = bits(hceil(a));
  out[9] = bits(hrint(a));
  out[10] = bits(htanh(a));
  const H2 two = __hfma2(pair(a, b), pair(b, c), pair(c, a));
  out[11] = bits(two.x);
  out[12] = bits(two.y);
  out[13] = bits(h2sqrt(pair(a, b)).y);
  out[14] = bits(a + b);
}
EXPORT halves(const Bits* in, Bits* out, int* whole) {
  const __half a = half_of(in[0]);
  arithmetic<__half, __half2>(a, half_of(in[1]), half_of(in[2]), out, __halves2half2);
  whole[0] = __half2int_rn(a);
  whole[1] = __half2int_ru(a);
  whole[2] = __half2int_rd(a);
  whole[3] = __half2short_rn(a);
  whole[4] = static_cast<int>(__half2uint_rn(a));
}
EXPORT bfloats(const Bits* in, Bits* out, int* whole) {
  const __nv_bfloat16 a = bfloat_of(in[0]);
  arithmetic<__nv_bfloat16, __nv_bfloat162>(a, bfloat_of(in[1]), bfloat_of(in[2]), out, __halves2bfloat162);
  whole[0] = __bfloat162int_rn(a);
  whole[1] = __bfloat162int_ru(a);
  whole[2] = __bfloat162int_rd(a);
  whole[3] = __bfloat162short_rn(a);
  whole[4] = static_cast<int>(__bfloat162uint_rn(a));
}
EXPORT shuffles(Bits* out) {
  const int lane = threadIdx.x;
  const auto h = __float2half_rn(lane + 0.5f);
  const auto b = __float2bfloat16_rn(lane + 0.5f);
  out[lane] = bits(__shfl_xor_sync(~0u, h, 3));
  out[32 + lane] = bits(__shfl_down_sync(~0u, b, 1));
  out[64 + lane] = bits(__shfl_sync(~0u, __halves2half2(h, __hneg(h)), 5).y);
  out[96 + lane] = bits(__shfl_up_sync(~0u, __halves2bfloat162(b, __hneg(b)), 1).x);
}
EXPORT memory(__half* h, __nv_bfloat162* b, Bits* out) {
  out[0] = bits(atomicAdd(h, __float2half_rn(0.25f)));
  out[1] = bits(atomicAdd(b, __floats2bfloat162_rn(1.0f, 2.0f)).y);
  __stcs(h + 1, __ldg(h));
}
EXPORT converts(const __half* from, __half* to) { to[0] = __float2half_rn(2.0f * __half2float(from[0])); }
EXPORT directed(Bits* out, int x) {
  out[0] = bits(__int2bfloat16_rz(x));
  out[1] = bits(__int2bfloat16_ru(x));
  out[2] = bits(__int2bfloat16_rd(x));
}
)";

class EmulatedHalves : public OnEachCompiler {
 protected:
  void SetUp() override {
    if (!has_cuda_headers()) GTEST_SKIP() << "no CUDA headers";
  }
  static Unit& unit() {
    static std::vector<std::pair<std::string, std::unique_ptr<Unit>>> made;
    for (auto& [compiler, unit] : made) {
      if (compiler == GetParam()) return *unit;
    }
    return *made.emplace_back(GetParam(), std::make_unique<Unit>(GetParam(), kKernels)).second;
  }
};

// A 16-bit type by its shape: bits of the exponent and of the mantissa.
struct Shape {
  int exponent;
  int mantissa;
};
constexpr Shape kHalf{5, 10};
constexpr Shape kBfloat{8, 7};

long double value_of(std::uint16_t bits, Shape shape) {
  const int bias = (1 << (shape.exponent - 1)) - 1;
  const int exponent = (bits >> shape.mantissa) & ((1 << shape.exponent) - 1);
  const int mantissa = bits & ((1 << shape.mantissa) - 1);
  const long double sign = (bits & 0x8000u) != 0 ? -1.0L : 1.0L;
  if (exponent == (1 << shape.exponent) - 1) {
    return mantissa != 0 ? std::nanl("") : sign * std::numeric_limits<long double>::infinity();
  }
  if (exponent == 0) return sign * std::ldexp(static_cast<long double>(mantissa), 1 - bias - shape.mantissa);
  return sign *
         std::ldexp(static_cast<long double>(mantissa + (1 << shape.mantissa)), exponent - bias - shape.mantissa);
}

// To the nearest, ties to even, by trying the numbers around it: slow and plain.
std::uint16_t nearest(long double exact, Shape shape) {
  if (std::isnan(exact)) return 0x7FFF;
  std::uint16_t low = 0;
  std::uint16_t high = static_cast<std::uint16_t>(((1 << shape.exponent) - 1) << shape.mantissa);  // infinity
  const long double size = std::fabs(exact);
  const std::uint16_t infinite = high;
  while (high - low > 1) {
    const auto middle = static_cast<std::uint16_t>((low + high) / 2);
    (value_of(middle, shape) <= size ? low : high) = middle;
  }
  // Infinity takes the place that the next number would have.
  const long double above = high == infinite
                                ? 2 * value_of(low, shape) - value_of(static_cast<std::uint16_t>(low - 1), shape)
                                : value_of(high, shape);
  const long double to_low = size - value_of(low, shape);
  const long double to_high = above - size;
  const bool up = to_high < to_low || (to_high == to_low && (low & 1) != 0);
  return static_cast<std::uint16_t>((up ? high : low) | (std::signbit(exact) ? 0x8000u : 0u));
}

bool same(std::uint16_t got, std::uint16_t expected, Shape shape) {
  if (std::isnan(value_of(expected, shape))) return std::isnan(value_of(got, shape));
  return got == expected;
}

// Neighbours are good for functions whose last bit a library may miss.
bool close(std::uint16_t got, std::uint16_t expected, Shape shape) {
  return same(got, expected, shape) || std::abs(static_cast<int>(got) - static_cast<int>(expected)) <= 1;
}

void check_arithmetic(Unit& unit, const char* kernel, Shape shape) {
  std::mt19937 random(7);
  std::vector<std::array<std::uint16_t, 3>> inputs = {
      // 1 + 2^-11 and a crumb: a sum rounded twice would be 1.
      {nearest(1.0L, shape), nearest(1.0L, shape), nearest(0x1p-9L, shape)},
      {nearest(0x1p-12L, shape), nearest(0x1.8p-12L, shape), nearest(1.0L, shape)},
      {nearest(-0.0L, shape), nearest(2.0L, shape), nearest(-1.0L, shape)},
      {nearest(INFINITY, shape), nearest(1.0L, shape), nearest(-INFINITY, shape)},
  };
  for (int i = 0; i < 400; ++i) {
    inputs.push_back({static_cast<std::uint16_t>(random()), static_cast<std::uint16_t>(random()),
                      static_cast<std::uint16_t>(random())});
    const auto around_one = [&] {
      return nearest(std::ldexp(1.0L + random() * 0x1p-32L, static_cast<int>(random() % 24) - 12), shape);
    };
    inputs.push_back({around_one(), around_one(), around_one()});
  }
  for (const auto& in : inputs) {
    const long double a = value_of(in[0], shape);
    const long double b = value_of(in[1], shape);
    const long double c = value_of(in[2], shape);
    std::array<std::uint16_t, 15> out{};
    std::array<int, 5> whole{};
    unit.call(kernel, in.data(), out.data(), whole.data());
    SCOPED_TRACE(testing::Message() << kernel << " " << static_cast<double>(a) << " " << static_cast<double>(b) << " "
                                    << static_cast<double>(c));
    // Exact in 64 bits of mantissa where the exponents are not far apart; else the smaller one is a crumb either way.
    const long double fused = a * b + c;
    EXPECT_TRUE(same(out[0], nearest(fused, shape), shape)) << std::hex << out[0];
    EXPECT_TRUE(same(out[1], nearest(std::isnan(fused) ? fused : fused > 0 ? fused : 0.0L, shape), shape));
    EXPECT_TRUE(same(out[2], nearest(std::isnan(fused) ? 0.0L : std::min(std::max(fused, 0.0L), 1.0L), shape), shape));
    EXPECT_TRUE(same(out[3], nearest(std::sqrt(a), shape), shape));
    EXPECT_TRUE(close(out[4], nearest(1.0L / std::sqrt(a), shape), shape));
    EXPECT_TRUE(same(out[5], nearest(1.0L / a, shape), shape));
    EXPECT_TRUE(close(out[6], nearest(std::exp(a), shape), shape));
    EXPECT_TRUE(close(out[7], nearest(std::log(a), shape), shape));
    EXPECT_TRUE(same(out[8], nearest(std::ceil(a), shape), shape));
    EXPECT_TRUE(same(out[9], nearest(std::nearbyint(a), shape), shape));
    EXPECT_TRUE(close(out[10], nearest(std::tanh(a), shape), shape));
    EXPECT_TRUE(same(out[11], nearest(a * b + c, shape), shape));
    EXPECT_TRUE(same(out[12], nearest(b * c + a, shape), shape));
    EXPECT_TRUE(same(out[13], nearest(std::sqrt(b), shape), shape));
    EXPECT_TRUE(same(out[14], nearest(a + b, shape), shape));
    const auto fitted = [](long double x, long double low, long double high) {
      return std::isnan(x) ? 0LL : static_cast<long long>(std::min(std::max(x, low), high));
    };
    EXPECT_EQ(whole[0], fitted(std::nearbyint(a), -0x1p31L, 0x1p31L - 1));
    EXPECT_EQ(whole[1], fitted(std::ceil(a), -0x1p31L, 0x1p31L - 1));
    EXPECT_EQ(whole[2], fitted(std::floor(a), -0x1p31L, 0x1p31L - 1));
    EXPECT_EQ(whole[3], fitted(std::nearbyint(a), -32768, 32767));
    EXPECT_EQ(static_cast<unsigned>(whole[4]), fitted(std::nearbyint(a), 0, 0x1p32L - 1));
  }
}

TEST_P(EmulatedHalves, HalvesAreRoundedOnce) { check_arithmetic(unit(), "halves", kHalf); }
TEST_P(EmulatedHalves, BfloatsAreRoundedOnce) { check_arithmetic(unit(), "bfloats", kBfloat); }

TEST_P(EmulatedHalves, ShufflesKeepBothHalves) {
  std::array<std::uint16_t, 128> out{};
  unit().call_warp("shuffles", out.data());
  for (int lane = 0; lane < 32; ++lane) {
    const auto at = [&](int which) { return out[static_cast<std::size_t>(32 * which + lane)]; };
    const int down = lane < 31 ? lane + 1 : lane;
    const int up = lane > 0 ? lane - 1 : lane;
    EXPECT_EQ(value_of(at(0), kHalf), (lane ^ 3) + 0.5L);
    EXPECT_EQ(value_of(at(1), kBfloat), down + 0.5L);
    EXPECT_EQ(value_of(at(2), kHalf), -5.5L);
    EXPECT_EQ(value_of(at(3), kBfloat), up + 0.5L);
  }
}

TEST_P(EmulatedHalves, MemoryFunctionsAreTold) {
  std::array<std::uint16_t, 2> h = {nearest(1.5L, kHalf), 0};
  alignas(4) std::array<std::uint16_t, 2> b = {nearest(3.0L, kBfloat), nearest(5.0L, kBfloat)};
  std::array<std::uint16_t, 2> out{};
  unit().watch(h.data(), sizeof h);
  const std::vector<Event> events = unit().call("memory", h.data(), b.data(), out.data());
  EXPECT_EQ(value_of(out[0], kHalf), 1.5L);
  EXPECT_EQ(value_of(h[0], kHalf), 1.75L);
  EXPECT_EQ(value_of(h[1], kHalf), 1.75L);
  EXPECT_EQ(value_of(out[1], kBfloat), 5.0L);
  EXPECT_EQ(value_of(b[0], kBfloat), 4.0L);
  EXPECT_EQ(value_of(b[1], kBfloat), 7.0L);
  ASSERT_EQ(events.size(), 6u);
  EXPECT_EQ(events[0].bytes, 2u);
  EXPECT_EQ(events[2].bytes, 4u);
  EXPECT_EQ(events[4].what, "read");
  EXPECT_EQ(events[5].what, "write");
  EXPECT_EQ(events[5].address, h.data() + 1);

  // Classes handed to and from a function are accesses too.
  const std::vector<Event> more = unit().call("converts", h.data(), h.data() + 1);
  ASSERT_EQ(more.size(), 2u);
  EXPECT_EQ(more[0].what, "read");
  EXPECT_EQ(more[0].address, h.data());
  EXPECT_EQ(more[1].what, "write");
  EXPECT_EQ(more[1].bytes, 2u);

  // The toolkit's pairs copy themselves by functions of theirs, which are no accesses beside the atomic: only it.
  unit().watch(b.data(), sizeof b);
  EXPECT_EQ(unit().call("memory", h.data(), b.data(), out.data()).size(), 4u);
}

TEST_P(EmulatedHalves, WholeNumbersAreRoundedTheWayAsked) {
  for (const int x : {0, 1, 257, 258, 259, -257, 123456789, -123456789, 2147483647}) {
    std::array<std::uint16_t, 3> out{};
    unit().call("directed", out.data(), x);
    EXPECT_LE(std::fabs(value_of(out[0], kBfloat)), std::fabs(static_cast<long double>(x)));
    EXPECT_GE(value_of(out[1], kBfloat), x);
    EXPECT_LE(value_of(out[2], kBfloat), x);
    // Neighbours, or the number itself.
    EXPECT_LE(std::abs(static_cast<int>(out[1] & 0x7FFFu) - static_cast<int>(out[2] & 0x7FFFu)), 1);
  }
}

INSTANTIATE_TEST_SUITE_P(Compilers, EmulatedHalves, testing::ValuesIn(compilers()), test_name);

}  // namespace
}  // namespace knobscope::emulated
