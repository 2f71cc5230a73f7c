#pragma once
// The GPU under test, and short ways to run a kernel on it.

#include <cstddef>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/variant.h"
#include "device/device.h"

namespace knobscope::device {

/// $KNOBSCOPE_ROOT, or where the sources were when this was built.
std::string root_folder();
/// Kernels of the repository, and a cache: $KNOBSCOPE_CACHE_DIR or a folder among the temporary ones.
Options gpu_options();

/// Whether a CUDA kernel file is to be tried: all of them, or those whose id contains one of the words in
/// $KNOBSCOPE_TEST_KERNELS, which commas separate.
bool is_chosen(const Variant& variant);

/// Opens cuda:0 once for all tests of a suite; tests are skipped where there is none.
class GpuTest : public testing::Test {
 protected:
  static void SetUpTestSuite();
  static void TearDownTestSuite();
  void SetUp() override;

  Device& gpu() const { return *device_; }

 private:
  static std::unique_ptr<Device> device_;
  static std::string why_not_;
};

/// A kernel file in a string: one program with the entries that are named.
struct SmallProgram {
  Variant variant;
  ProgramPtr program;

  SmallProgram(Device& device, std::string source, std::vector<std::string> entries,
               std::map<std::string, std::string> macros = {});
  /// One launch of entry 0.
  Work work(std::vector<Argument> arguments, std::array<std::int64_t, 3> grid = {1, 1, 1},
            std::array<std::int64_t, 3> block = {1, 1, 1}, std::int64_t shared_bytes = 0) const;
};

Argument buffer(const Buffer& buffer, std::string text = "out");
Argument integer(std::int64_t value, std::string text = "n");
Argument real(double value, std::string text = "epsilon");

/// Copies host memory into a buffer of the GPU, beside the device interface, which never needs to.
void upload(Device& device, Buffer& to, const void* from, std::size_t bytes);

template <typename Value>
std::vector<Value> read_values(Device& device, const Buffer& from) {
  std::vector<Value> values(static_cast<std::size_t>(from.size()) / sizeof(Value));
  device.read_back(from, 0, std::as_writable_bytes(std::span(values)));
  return values;
}

/// The tensor of an operation by name.
const TensorInfo& tensor_of(Operation operation, std::string_view name);

/// What a DeviceError says when `action` throws one; "no error" when it does not.
template <typename Action>
std::string refusal_of(const Action& action) {
  try {
    action();
  } catch (const DeviceError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace knobscope::device
