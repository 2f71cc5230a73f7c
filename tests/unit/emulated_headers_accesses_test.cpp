// What the compiled kernel tells the program: each access with its address and size, each mistake with its place.

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "emulated_bench.h"

namespace knobscope::emulated {
namespace {

constexpr const char* kKernels = R"(#define EXPORT extern "C" __attribute__((visibility("default"))) __global__ void
struct Moments { float a, b, c; };
__device__ __noinline__ float merged(Moments m) { return m.a * m.b + m.c; }
__device__ Moments doubled(Moments m) { m.a *= 2; m.b += m.a; m.c = m.a > 1 ? m.b : m.c * m.b; return m; }
EXPORT scalars(char* bytes) {
  bytes[1] = 1;
  *reinterpret_cast<short*>(bytes + 2) = 2;
  *reinterpret_cast<int*>(bytes + 4) = 3;
  *reinterpret_cast<double*>(bytes + 8) = 4.0;
}
EXPORT vector(const float4* from, float4* to) { *to = *from; }
EXPORT classes(Moments* m) { m[0] = doubled(m[1]); }
EXPORT shared_sum(float* out) {
  __shared__ float tile[2];
  tile[0] = out[0];
  tile[1] = 2.0f;
  __syncthreads();
  out[1] = tile[0] + tile[1];
}
EXPORT waiting(volatile int* flag, int* out) {
  while (*flag == 0) __nanosleep(10);
  *out = *flag;
}
EXPORT copies(char* to, const char* from, int* numbers, int bytes) {
  memcpy(to, from, 24);
  memcpy(numbers, from, 4);
  memset(to, 7, 12);
  void* const anything = to;
  memcpy(anything, from, bytes);
}
EXPORT cached(const float4* from, float* to) {
  const float4 four = __ldg(from);
  __stcs(to, four.x + __ldcs(to + 1));
}
EXPORT overflows(int* x) {
  x[0] = x[0] + 1;
  x[1] = x[1] * 3;
  x[2] = 1 << x[2];
  x[3] = -x[3];
}
EXPORT divides(int* x) {
  x[1] = 5;
  x[0] = x[0] / x[2];
  x[1] = 6;
}
EXPORT index_past_end(float* out, int i) {
  __shared__ float tile[32];
  tile[i] = 1.0f;
  out[0] = tile[i];
}
EXPORT crooked(const char* from, float4* to) { *to = *reinterpret_cast<const float4*>(from + 4); }
EXPORT asserts(int x) {
  assert(x == 1);
}
EXPORT assumes(int x) {
  __builtin_assume(x == 1);
}
EXPORT traps() {
  __trap();
}
EXPORT adds(int* x, float2* pair) {
  atomicAdd(x, 2);
  atomicMax(x, 1);
  atomicAdd(pair, make_float2(1.0f, 2.0f));
  __threadfence();
}
EXPORT time(long long* out) {
  out[0] = clock64();
  out[1] = clock64();
  out[2] = clock();
}
EXPORT prints(char* out) {
  printf("%d\n", 3);
  out[0] = 1;
}
)";

// The line of the first occurrence of `text` in the kernels.
unsigned line_of(const char* text) {
  const std::string all = kKernels;
  const std::size_t at = all.find(text);
  if (at == std::string::npos) ADD_FAILURE() << "the kernels do not have " << text;
  return 1u + static_cast<unsigned>(std::count(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
}

class EmulatedAccesses : public OnEachCompiler {
 protected:
  static Unit& unit() {
    static std::vector<std::pair<std::string, std::unique_ptr<Unit>>> made;
    for (auto& [compiler, unit] : made) {
      if (compiler == GetParam()) return *unit;
    }
    return *made.emplace_back(GetParam(), std::make_unique<Unit>(GetParam(), kKernels)).second;
  }
};

// Bytes of [at, at + bytes) that events of this kind cover.
unsigned long covered(const std::vector<Event>& events, const std::string& what, const void* at, unsigned long bytes) {
  std::vector<bool> seen(bytes);
  for (const Event& event : events) {
    if (event.what != what && event.what != what + " range") continue;
    for (unsigned long i = 0; i < event.bytes; ++i) {
      const std::ptrdiff_t offset =
          static_cast<const char*>(event.address) - static_cast<const char*>(at) + static_cast<std::ptrdiff_t>(i);
      if (offset >= 0 && offset < static_cast<std::ptrdiff_t>(bytes)) seen[static_cast<std::size_t>(offset)] = true;
    }
  }
  return static_cast<unsigned long>(std::count(seen.begin(), seen.end(), true));
}

TEST_P(EmulatedAccesses, ScalarsAreToldWithAddressAndSize) {
  alignas(16) std::array<char, 16> bytes{};
  unit().watch(bytes.data(), 16);
  const std::vector<Event> events = unit().call("scalars", bytes.data());
  ASSERT_EQ(events.size(), 4u);
  const std::array<std::pair<int, unsigned long>, 4> expected = {{{1, 1}, {2, 2}, {4, 4}, {8, 8}}};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(events[i].what, "write");
    EXPECT_EQ(events[i].address, bytes.data() + expected[i].first);
    EXPECT_EQ(events[i].bytes, expected[i].second);
    EXPECT_NE(events[i].pc, nullptr);
  }
}

TEST_P(EmulatedAccesses, VectorsAndClassesAreToldToTheLastByte) {
  alignas(16) std::array<float, 8> values{};
  unit().watch(values.data(), 32);
  std::vector<Event> events = unit().call("vector", values.data(), values.data() + 4);
  EXPECT_EQ(covered(events, "read", values.data(), 16), 16u);
  EXPECT_EQ(covered(events, "write", values.data() + 4, 16), 16u);
  EXPECT_EQ(covered(events, "write", values.data(), 16), 0u);

  // As an argument and as a result of a call.
  events = unit().call("classes", values.data());
  EXPECT_EQ(covered(events, "read", values.data() + 3, 12), 12u);
  EXPECT_EQ(covered(events, "write", values.data(), 12), 12u);
}

TEST_P(EmulatedAccesses, SharedMemoryIsReadAgainBehindABarrier) {
  std::array<float, 2> out = {3.0F, 0.0F};
  const std::vector<Event> events = unit().call("shared_sum", out.data());
  EXPECT_EQ(out[1], 5.0F);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].line, line_of("__syncthreads"));
}

TEST_P(EmulatedAccesses, VolatileAccessesAreToldApart) {
  volatile int flag = 1;
  int out = 0;
  unit().watch(const_cast<const int*>(&flag), sizeof flag);
  const std::vector<Event> events = unit().call("waiting", &flag, &out);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].what, "read volatile");
  EXPECT_EQ(out, 1);
}

TEST_P(EmulatedAccesses, CopiesAreToldAndDone) {
  struct {
    alignas(16) std::array<char, 32> to{};
    std::array<char, 32> from{};
    int number = 0;
  } all;
  for (std::size_t i = 0; i < 32; ++i) all.from[i] = static_cast<char>(i + 1);
  unit().watch(&all, sizeof all);
  const std::vector<Event> events = unit().call("copies", all.to.data(), all.from.data(), &all.number, 5);
  EXPECT_EQ(covered(events, "read", all.from.data(), 32), 24u);
  EXPECT_EQ(covered(events, "write", all.to.data(), 32), 24u);
  EXPECT_EQ(covered(events, "write", &all.number, 4), 4u);
  EXPECT_EQ(all.number, 0x04030201);
  const std::array<char, 14> expected = {1, 2, 3, 4, 5, 7, 7, 7, 7, 7, 7, 7, 13, 14};
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(all.to[i], expected[i]) << i;
}

TEST_P(EmulatedAccesses, CacheFunctionsAreAccesses) {
  alignas(16) std::array<float, 8> values = {1.0F, 0.0F, 0.0F, 0.0F, 0.0F, 2.0F};
  unit().watch(values.data(), 32);
  const std::vector<Event> events = unit().call("cached", values.data(), values.data() + 4);
  EXPECT_EQ(values[4], 3.0F);
  EXPECT_GE(covered(events, "read", values.data(), 16), 4u);
  EXPECT_EQ(covered(events, "read", values.data() + 4, 16), 4u);
  EXPECT_EQ(covered(events, "write", values.data() + 4, 16), 4u);
}

TEST_P(EmulatedAccesses, ArithmeticThatCannotBeIsSaidInNumbers) {
  std::array<int, 4> x = {2147483647, 1431655765, 40, -2147483647 - 1};
  unit().watch(nullptr, 0);
  const std::vector<Event> events = unit().call("overflows", x.data());
  ASSERT_EQ(events.size(), 4u);
  EXPECT_EQ(events[0].text, "2147483647 + 1 does not fit into int");
  EXPECT_EQ(events[0].line, line_of("x[0] = x[0] + 1"));
  EXPECT_EQ(events[1].text, "1431655765 * 3 does not fit into int");
  EXPECT_EQ(events[2].what, "shift");
  EXPECT_EQ(events[2].text, "a shift by 40 bits of a value of 32 bits (int)");
  EXPECT_EQ(events[3].text, "-(-2147483648) does not fit into int");
}

TEST_P(EmulatedAccesses, ADivisionByZeroDoesNotEndTheProgram) {
  std::array<int, 3> x = {7, 0, 0};
  const std::vector<Event> events = unit().call("divides", x.data());
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].what, "bad division");
  EXPECT_EQ(events[0].text, "7 is divided by zero");
  EXPECT_EQ(events[0].line, line_of("x[0] / x[2]"));
  EXPECT_EQ(x[1], 5);  // and what comes behind it does not happen
  x = {-2147483647 - 1, 0, -1};
  EXPECT_EQ(unit().call("divides", x.data()).at(0).text, "-2147483648 / -1 does not fit into int");
}

TEST_P(EmulatedAccesses, AnIndexPastTheEndIsSaidBeforeTheAccess) {
  float out = 0.0F;
  EXPECT_TRUE(unit().call("index_past_end", &out, 31).empty());
  EXPECT_EQ(out, 1.0F);
  const std::vector<Event> events = unit().call("index_past_end", &out, 32);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].what, "bad index");
  EXPECT_EQ(events[0].number, 32);
  EXPECT_EQ(events[0].bytes, 32u);  // the array's size
  EXPECT_NE(events[0].text.find("float"), std::string::npos) << events[0].text;
  EXPECT_EQ(events[0].line, line_of("tile[i] = 1.0f"));
  EXPECT_EQ(unit().call("index_past_end", &out, -1).at(0).number, -1);
}

TEST_P(EmulatedAccesses, ACrookedPointerIsSaidBeforeTheAccess) {
  alignas(16) std::array<char, 64> bytes{};
  unit().watch(bytes.data(), bytes.size());
  const std::vector<Event> events = unit().call("crooked", bytes.data(), bytes.data() + 32);
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events[0].address, bytes.data() + 4);
  EXPECT_EQ(events[0].bytes, 16u);
  if (GetParam() == "clang++") {
    EXPECT_EQ(events[0].what, "read range");  // to clang a copied class is bytes, of whatever alignment
  } else {
    EXPECT_EQ(events[0].what, "misaligned");
    EXPECT_NE(events[0].text.find("float4"), std::string::npos) << events[0].text;
    EXPECT_EQ(events.size(), 1u);
  }
  for (const Event& event : unit().call("crooked", bytes.data() + 12, bytes.data() + 32)) {
    EXPECT_NE(event.what, "misaligned");
  }
}

TEST_P(EmulatedAccesses, FailedAssertionsAndTrapsSayWhatAndWhere) {
  EXPECT_TRUE(unit().call("asserts", 1).empty());
  std::vector<Event> events = unit().call("asserts", 2);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].what, "assertion");
  EXPECT_EQ(events[0].text, "assert(x == 1) failed");
  EXPECT_EQ(events[0].line, line_of("assert(x == 1)"));
  EXPECT_TRUE(unit().call("assumes", 1).empty());
  events = unit().call("assumes", 2);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].text, "__builtin_assume(x == 1) does not hold");
  EXPECT_EQ(events[0].line, line_of("__builtin_assume(x == 1)"));
  events = unit().call("traps");
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].what, "trap");
  EXPECT_EQ(events[0].line, line_of("__trap()"));
}

TEST_P(EmulatedAccesses, AtomicsAreOneEventNotTwoAccesses) {
  int x = 5;
  std::array<float, 2> pair = {0.5F, 0.5F};
  unit().watch(&x, sizeof x);
  const std::vector<Event> events = unit().call("adds", &x, pair.data());
  ASSERT_EQ(events.size(), 7u);
  EXPECT_EQ(events[0].what, "atomic");
  EXPECT_EQ(events[0].address, &x);
  EXPECT_EQ(events[0].bytes, 4u);
  EXPECT_EQ(events[0].line, line_of("atomicAdd(x, 2)"));
  EXPECT_EQ(events[1].what, "atomic end");
  EXPECT_EQ(events[1].number, 1);
  EXPECT_EQ(events[3].number, 0);  // 7 stays the maximum
  EXPECT_EQ(events[4].bytes, 8u);
  EXPECT_EQ(events[6].what, "fence");
  EXPECT_EQ(x, 7);
  EXPECT_EQ(pair[1], 2.5F);
}

TEST_P(EmulatedAccesses, TimeGoesOnAndTextIsPrinted) {
  std::array<long long, 3> out{};
  unit().call("time", out.data());
  EXPECT_LT(out[0], out[1]);
  EXPECT_LT(out[1], out[2]);
  char done = 0;
  testing::internal::CaptureStdout();
  unit().call("prints", &done);
  std::fflush(stdout);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "3\n");
  EXPECT_EQ(done, 1);
}

INSTANTIATE_TEST_SUITE_P(Compilers, EmulatedAccesses, testing::ValuesIn(compilers()), test_name);

}  // namespace
}  // namespace knobscope::emulated
