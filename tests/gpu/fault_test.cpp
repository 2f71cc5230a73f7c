// Faults that break the context. Each runs in a process of its own, as a worker would.

#include <cstdio>
#include <cstdlib>

#include <gtest/gtest.h>

#include "device/cuda/cuda_device.h"
#include "gpu_device.h"

namespace knobscope::device {
namespace {

// Runs a kernel that faults, and reports on standard error what the device made of it. Also tears everything down:
// destructors must survive a broken context.
[[noreturn]] void fault(const char* source) {
  int code = 1;
  try {
    const DevicePtr gpu = cuda::open(0, gpu_options());
    const SmallProgram program(*gpu, source, {"fault"});
    const BufferPtr out = gpu->allocate(1024);
    gpu->enqueue(program.work({buffer(*out)}));
    try {
      gpu->synchronize();
      std::fputs("nothing was noticed\n", stderr);
    } catch (const DeviceLost& lost) {
      std::fprintf(stderr, "lost: %s\n", lost.what());
      try {
        gpu->allocate(1024);
        std::fputs("the context still works\n", stderr);
      } catch (const DeviceLost&) {
        code = 0;  // stays lost
      }
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "unexpected: %s\n", error.what());
    code = 2;
  }
  std::_Exit(code);
}

class GpuFaultDeathTest : public testing::Test {
 protected:
  void SetUp() override {
    GTEST_FLAG_SET(death_test_style, "threadsafe");  // a fresh process: a context does not survive fork()
    if (cuda::list(nullptr).empty()) GTEST_SKIP() << "no NVIDIA GPU on this machine";
  }
};

TEST_F(GpuFaultDeathTest, IllegalAddressLosesTheDevice) {
  EXPECT_EXIT(fault("extern \"C\" __global__ void fault(char* p) { p[1ull << 46] = 1; }"), testing::ExitedWithCode(0),
              "lost: .*CUDA_ERROR_ILLEGAL_ADDRESS");
}

TEST_F(GpuFaultDeathTest, MisalignedAddressLosesTheDevice) {
  EXPECT_EXIT(
      fault("extern \"C\" __global__ void fault(char* p) { *reinterpret_cast<volatile long long*>(p + 1) = 1; }"),
      testing::ExitedWithCode(0), "lost: .*CUDA_ERROR_MISALIGNED_ADDRESS");
}

TEST_F(GpuFaultDeathTest, TrapLosesTheDevice) {
  EXPECT_EXIT(fault("extern \"C\" __global__ void fault(char*) { __trap(); }"), testing::ExitedWithCode(0), "lost: ");
}

}  // namespace
}  // namespace knobscope::device
