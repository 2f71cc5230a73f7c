// Atomic functions: what they leave in memory, and what they return.

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <memory>

#include "emulated_bench.h"

namespace knobscope::emulated {
namespace {

constexpr const char* kKernels = R"(
#define EXPORT extern "C" __attribute__((visibility("default"))) __global__ void
template <typename T> __device__ void common(T* x, T value, T* old) {
  old[0] = atomicAdd(x, value);
  old[1] = atomicExch(x + 1, value);
}
template <typename T> __device__ void whole(T* x, T value, T* old) {
  common(x, value, old);
  old[2] = atomicMin(x + 2, value);
  old[3] = atomicMax(x + 3, value);
  old[4] = atomicAnd(x + 4, value);
  old[5] = atomicOr(x + 5, value);
  old[6] = atomicXor(x + 6, value);
  old[7] = atomicCAS(x + 7, static_cast<T>(100), value);
  old[8] = atomicCAS(x + 8, static_cast<T>(99), value);
}
EXPORT atomics_int(int* x, int value, int* old) { whole(x, value, old); old[9] = atomicSub(x + 9, value); }
EXPORT atomics_unsigned(unsigned* x, unsigned value, unsigned* old) {
  whole(x, value, old);
  old[9] = atomicSub_block(x + 9, value);
  old[10] = atomicInc(x + 10, value);
  old[11] = atomicDec_system(x + 11, value);
}
EXPORT atomics_wide(unsigned long long* x, unsigned long long value, unsigned long long* old) { whole(x, value, old); }
EXPORT atomics_float(float* x, float value, float* old) { common(x, value, old); }
EXPORT atomics_double(double* x, double value, double* old) { old[0] = atomicAdd_system(x, value); }
EXPORT atomics_others(float4* four, unsigned short* s, unsigned short* old, long long* l) {
  const float4 before = atomicAdd(four, make_float4(1, 2, 3, 4));
  old[0] = static_cast<unsigned short>(before.w);
  old[1] = atomicCAS(s, static_cast<unsigned short>(5), static_cast<unsigned short>(6));
  atomicMin(l, -4ll);
}
)";

class EmulatedAtomics : public OnEachCompiler {
 protected:
  static Unit& unit() {
    static std::vector<std::pair<std::string, std::unique_ptr<Unit>>> made;
    for (auto& [compiler, unit] : made) {
      if (compiler == GetParam()) return *unit;
    }
    return *made.emplace_back(GetParam(), std::make_unique<Unit>(GetParam(), kKernels)).second;
  }
};

template <typename T>
void check_atomics(Unit& unit, const char* kernel, T value) {
  std::array<T, 12> x{};
  std::array<T, 12> old{};
  x.fill(T(99));
  unit.call(kernel, x.data(), value, old.data());
  const std::array<T, 9> expected = {static_cast<T>(T(99) + value),
                                     value,
                                     std::min(T(99), value),
                                     std::max(T(99), value),
                                     static_cast<T>(T(99) & value),
                                     static_cast<T>(T(99) | value),
                                     static_cast<T>(T(99) ^ value),
                                     T(99),
                                     value};
  for (std::size_t i = 0; i < 9; ++i) {
    EXPECT_EQ(x[i], expected[i]) << kernel << " " << i;
    EXPECT_EQ(old[i], T(99)) << kernel << " " << i;
  }
  if (sizeof(T) == 4) {
    EXPECT_EQ(x[9], static_cast<T>(T(99) - value));
  }
}

TEST_P(EmulatedAtomics, AtomicsChangeAndReturnWhatWas) {
  check_atomics<int>(unit(), "atomics_int", 7);
  check_atomics<int>(unit(), "atomics_int", -200);
  check_atomics<unsigned>(unit(), "atomics_unsigned", 1000u);
  check_atomics<unsigned long long>(unit(), "atomics_wide", 1ULL << 40);
  for (const auto& [start, limit, up, down] :
       std::vector<std::array<unsigned, 4>>{{5, 7, 6, 4}, {7, 7, 0, 6}, {9, 7, 0, 7}, {0, 7, 1, 7}}) {
    std::array<unsigned, 12> x{};
    std::array<unsigned, 12> old{};
    x[10] = x[11] = start;
    unit().call("atomics_unsigned", x.data(), limit, old.data());
    EXPECT_EQ(x[10], up);
    EXPECT_EQ(x[11], down);
    EXPECT_EQ(old[11], start);
  }
  // An addition that leaves its type's range wraps around and is no mistake.
  std::array<int, 12> wraps{};
  std::array<int, 12> old{};
  wraps[0] = std::numeric_limits<int>::max();
  const std::vector<Event> events = unit().call("atomics_int", wraps.data(), 1, old.data());
  EXPECT_EQ(wraps[0], std::numeric_limits<int>::min());
  for (const Event& event : events) EXPECT_NE(event.what, "overflow");

  std::array<float, 2> f = {1.5F, 2.5F};
  std::array<float, 2> old_f{};
  unit().call("atomics_float", f.data(), 0.25F, old_f.data());
  EXPECT_EQ(f, (std::array<float, 2>{1.75F, 0.25F}));
  EXPECT_EQ(old_f, (std::array<float, 2>{1.5F, 2.5F}));
  double d = 1.0;
  double old_d = 0.0;
  unit().call("atomics_double", &d, 0x1p-40, &old_d);
  EXPECT_EQ(d, 1.0 + 0x1p-40);

  alignas(16) std::array<float, 4> four = {10, 20, 30, 40};
  std::array<std::uint16_t, 1> s = {5};
  std::array<std::uint16_t, 2> old_s{};
  long long l = 3;
  unit().call("atomics_others", four.data(), s.data(), old_s.data(), &l);
  EXPECT_EQ(four, (std::array<float, 4>{11, 22, 33, 44}));
  EXPECT_EQ(old_s, (std::array<std::uint16_t, 2>{40, 5}));
  EXPECT_EQ(s[0], 6);
  EXPECT_EQ(l, -4);
}

INSTANTIATE_TEST_SUITE_P(Compilers, EmulatedAtomics, testing::ValuesIn(compilers()), test_name);

}  // namespace
}  // namespace knobscope::emulated
