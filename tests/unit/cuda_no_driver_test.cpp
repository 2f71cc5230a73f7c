// Where there is no driver the program still starts, lists nothing, and says what is missing only when asked for a GPU.

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "device/cuda/cuda_device.h"
#include "device/cuda/driver.h"

namespace knobscope::device::cuda {
namespace {

TEST(NoDriver, ListsNothingAndSaysNothing) {
  std::string problem;
  if (Driver::load(&problem) != nullptr || !problem.empty()) GTEST_SKIP() << "this machine has an NVIDIA driver";
  std::vector<std::string> notes;
  EXPECT_TRUE(list(&notes).empty());
  EXPECT_TRUE(notes.empty());
}

TEST(NoDriver, RefusesToOpenWithAWayOut) {
  std::string problem;
  if (Driver::load(&problem) != nullptr || !problem.empty()) GTEST_SKIP() << "this machine has an NVIDIA driver";
  try {
    open(0, Options{});
    FAIL() << "opened a GPU without a driver";
  } catch (const DeviceError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("cpu"));
  }
}

TEST(StickyErrors, AreThoseAfterWhichEveryCallFails) {
  EXPECT_TRUE(is_sticky(CUDA_ERROR_ILLEGAL_ADDRESS));
  EXPECT_TRUE(is_sticky(CUDA_ERROR_LAUNCH_FAILED));
  EXPECT_TRUE(is_sticky(CUDA_ERROR_MISALIGNED_ADDRESS));
  EXPECT_TRUE(is_sticky(CUDA_ERROR_ECC_UNCORRECTABLE));
  EXPECT_FALSE(is_sticky(CUDA_ERROR_OUT_OF_MEMORY));
  EXPECT_FALSE(is_sticky(CUDA_ERROR_INVALID_VALUE));
  EXPECT_FALSE(is_sticky(CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES));
}

}  // namespace
}  // namespace knobscope::device::cuda
