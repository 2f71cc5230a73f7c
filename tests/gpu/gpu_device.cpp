#include "gpu_device.h"

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <stdexcept>

#include "device/cuda/cuda_device.h"
#include "device/cuda/driver.h"

namespace knobscope::device {

std::unique_ptr<Device> GpuTest::device_;
std::string GpuTest::why_not_;

std::string root_folder() {
  const char* root = std::getenv("KNOBSCOPE_ROOT");
  return root != nullptr && *root != '\0' ? root : KNOBSCOPE_SOURCE_DIR;
}

Options gpu_options() {
  Options options;
  options.kernels_dir = root_folder() + "/kernels";
  const char* cache = std::getenv("KNOBSCOPE_CACHE_DIR");
  options.cache_dir = cache != nullptr && *cache != '\0'
                          ? std::string(cache)
                          : (std::filesystem::temp_directory_path() / "knobscope_gpu_tests_cache").string();
  return options;
}

bool is_chosen(const Variant& variant) {
  if (variant.device != DeviceKind::cuda) return false;
  const char* const words = std::getenv("KNOBSCOPE_TEST_KERNELS");
  if (words == nullptr || *words == '\0') return true;
  std::istringstream list(words);
  for (std::string word; std::getline(list, word, ',');) {
    if (variant.id.find(word) != std::string::npos) return true;
  }
  return false;
}

void GpuTest::SetUpTestSuite() {
  std::vector<std::string> notes;
  if (cuda::list(&notes).empty()) {
    why_not_ = notes.empty() ? "no NVIDIA GPU on this machine" : notes.front();
    return;
  }
  device_ = cuda::open(0, gpu_options());
}

void GpuTest::TearDownTestSuite() { device_.reset(); }

void GpuTest::SetUp() {
  if (device_ == nullptr) GTEST_SKIP() << why_not_;
}

SmallProgram::SmallProgram(Device& device, std::string source, std::vector<std::string> entries,
                           std::map<std::string, std::string> macros) {
  variant.id = "layernorm_forward/99_test.cu";
  variant.source = std::move(source);
  variant.source_hash = "test";
  CompileRequest request;
  request.variant = &variant;
  request.macros = std::move(macros);
  request.entries = std::move(entries);
  program = device.compile(request);
}

Work SmallProgram::work(std::vector<Argument> arguments, std::array<std::int64_t, 3> grid,
                        std::array<std::int64_t, 3> block, std::int64_t shared_bytes) const {
  Launch launch;
  launch.grid = grid;
  launch.block = block;
  launch.shared_bytes = shared_bytes;
  launch.arguments = std::move(arguments);
  Work result;
  result.program = program.get();
  result.launches.push_back(std::move(launch));
  return result;
}

Argument buffer(const Buffer& buffer, std::string text) {
  return {.kind = Argument::Kind::pointer, .pointer = buffer.data(), .text = std::move(text)};
}

Argument integer(std::int64_t value, std::string text) {
  return {.kind = Argument::Kind::integer, .integer = value, .text = std::move(text)};
}

Argument real(double value, std::string text) {
  return {.kind = Argument::Kind::real, .real = value, .text = std::move(text)};
}

void upload(Device& device, Buffer& to, const void* from, std::size_t bytes) {
  device.synchronize();  // also makes the GPU's context current
  const auto driver = cuda::Driver::load(nullptr);
  const auto address = reinterpret_cast<CUdeviceptr>(to.data());
  KNOBSCOPE_CU(*driver, "uploading test data", cuMemcpyHtoDAsync(address, from, bytes, nullptr));
  KNOBSCOPE_CU(*driver, "uploading test data", cuStreamSynchronize(nullptr));
}

const TensorInfo& tensor_of(Operation operation, std::string_view name) {
  for (const TensorInfo& tensor : info_of(operation).tensors) {
    if (tensor.name == name) return tensor;
  }
  throw std::logic_error("no tensor of that name");
}

}  // namespace knobscope::device
