// The library's own kernel files, and headers that kernel files of others include: no error and no warning.

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <regex>
#include <semaphore>
#include <sstream>
#include <thread>

#include <unistd.h>

#include "emulated_bench.h"

namespace knobscope::emulated {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> kernel_files() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(KNOBSCOPE_SOURCE_DIR "/kernels")) {
    if (entry.path().extension() == ".cu") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

// -DKNOB_NAME=default for each knob of the front matter.
std::vector<std::string> knobs_of(const fs::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  const std::string all = text.str();
  std::vector<std::string> options;
  const std::regex knob(R"(\[knobs\.(\w+)\]\nvalues[^\n]*\ndefault = (\d+))");
  for (std::sregex_iterator found(all.begin(), all.end(), knob), end; found != end; ++found) {
    std::string name = (*found)[1];
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    options.push_back("-DKNOB_" + name + "=" + (*found)[2].str());
  }
  return options;
}

class EmulatedKernels : public OnEachCompiler {};

// For every type g++ compiles them where they are played (sound_test.cpp). To clang the two 16-bit types are the same:
// both have the same functions.
std::vector<std::string> types_for(const std::string& compiler) {
  if (!has_cuda_headers()) return {"F32"};
  if (compiler == "g++") return {"F16"};
  return {"F32", "F16"};
}

TEST_P(EmulatedKernels, CompileWithoutAWarning) {
  const std::vector<fs::path> files = kernel_files();
  ASSERT_GE(files.size(), 9u);
  std::vector<std::future<CompileResult>> results;
  std::counting_semaphore<64> cores(std::clamp<std::ptrdiff_t>(std::thread::hardware_concurrency(), 1, 64));
  for (const fs::path& file : files) {
    for (const std::string& type : types_for(GetParam())) {
      std::vector<std::string> extra = knobs_of(file);
      extra.push_back("-DKNOBSCOPE_ELEMENT_" + type + "=1");
      results.push_back(std::async(std::launch::async, [compiler = GetParam(), file, extra, &cores] {
        cores.acquire();
        CompileResult made = check_syntax(compiler, file.string(), extra);
        cores.release();
        return made;
      }));
    }
  }
  for (std::future<CompileResult>& result : results) {
    const CompileResult made = result.get();
    EXPECT_TRUE(made.is_good) << made.log;
  }
}

TEST_P(EmulatedKernels, HeadersThatKernelFilesInclude) {
  std::vector<std::string> headers = {"cuda_runtime.h", "device_launch_parameters.h",
                                      "cuda.h",         "cooperative_groups.h",
                                      "math.h",         "cmath",
                                      "algorithm",      "cstdint",
                                      "stdint.h",       "cooperative_groups/reduce.h",
                                      "limits",         "type_traits",
                                      "memory",         "atomic",
                                      "stdlib.h",       "cstdio",
                                      "ctime",          "cuda_pipeline.h"};
  if (has_cuda_headers()) {
    for (const char* each : {"math_constants.h", "cuda_fp16.h", "cuda_bf16.h", "cuda/std/limits",
                             "cuda/std/type_traits", "cuda/std/cmath", "cuda/atomic"}) {
      headers.emplace_back(each);
    }
  }
  std::string all;
  const std::string use = R"(
extern "C" __global__ void k(float* x) {
  const int i = threadIdx.x;
  x[i] = sqrtf(x[0]) + abs(x[1]) + max(1, 2) + isnan(x[2]) + sin(x[3]) + __cosf(x[4]) + rsqrt(x[5]) + pow(x[6], 2) +
         sinpi(x[7]) + fma(x[8], x[9], 1.0f) + min(3ll, 4ll) + floor(x[10]) + sqrt(2) + abs(-3) + abs(-4ll);
}
)";
  const std::string to = testing::TempDir() + "knobscope-includes-" + std::to_string(::getpid());
  for (const std::string& header : headers) all += "#include <" + header + ">\n";
  const CompileResult together = compile(GetParam(), all + use, to);
  EXPECT_TRUE(together.is_good) << together.log;
  EXPECT_EQ(together.log, "");
  for (const char* ending : {".cpp", ".o", ".so"}) fs::remove(to + ending);
}

TEST_P(EmulatedKernels, CxxAtomicsReachTheHooks) {
  if (!has_cuda_headers()) GTEST_SKIP() << "no CUDA headers";
  Unit unit(GetParam(), R"(
#include <cuda/atomic>
extern "C" __attribute__((visibility("default"))) __global__ void k(int* x) {
  cuda::atomic_ref<int, cuda::thread_scope_device> at(*x);
  at.fetch_add(3, cuda::memory_order_relaxed);
  int expected = 8;
  x[1] = at.compare_exchange_strong(expected, 20) ? at.load() : -1;
}
)");
  std::array<int, 2> x = {5, 0};
  unit.watch(nullptr, 0);
  const std::vector<Event> events = unit.call("k", x.data());
  EXPECT_EQ(x[0], 20);
  EXPECT_EQ(x[1], 20);
  ASSERT_EQ(events.size(), 6u);
  EXPECT_EQ(events[0].what, "atomic");
  EXPECT_EQ(events[0].address, x.data());
  EXPECT_NE(events[0].pc, nullptr);
}

TEST_P(EmulatedKernels, SharedMemoryInEveryWording) {
  Unit unit(GetParam(), R"(
struct Sums { float a; int b; };
template <typename T, int n> __device__ T last(T value) {
  __shared__ T tile[n];
  tile[n - 1] = value;
  __syncthreads();
  return tile[n - 1];
}
extern "C" __attribute__((visibility("default"))) __global__ void __launch_bounds__(64, 2) k(float* x) {
  static __shared__ Sums sums;
  __shared__ alignas(32) float aligned[3];
  __shared__ __align__(64) unsigned char more[5];
  __shared__ volatile int flag;
  alignas(16) __shared__ double2 twice[2];
  alignas(float4) float own[4] = {1, 2, 3, 4};
  sums.a = 1.0f;
  aligned[0] = 2.0f;
  more[4] = 3;
  flag = 4;
  twice[1] = make_double2(5, 6);
  __syncthreads();
  x[0] = sums.a + aligned[0] + more[4] + flag + twice[1].y + last<float, 3>(7) + last<int, 3>(8) + own[3];
  x[1] = reinterpret_cast<unsigned long>(aligned) % 32 + reinterpret_cast<unsigned long>(more) % 64;
}
)");
  std::array<float, 2> x = {0, 9};
  unit.call("k", x.data());
  EXPECT_EQ(x[0], 1 + 2 + 3 + 4 + 6 + 7 + 8 + 4);
  EXPECT_EQ(x[1], 0);
}

INSTANTIATE_TEST_SUITE_P(Compilers, EmulatedKernels, testing::ValuesIn(compilers()), test_name);

}  // namespace
}  // namespace knobscope::emulated
