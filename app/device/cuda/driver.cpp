#include "device/cuda/driver.h"

#include <string_view>

#include <cuda_runtime_api.h>
#include <fmt/format.h>

namespace knobscope::device::cuda {
namespace {

// Null when the driver does not have it. cudaGetDriverEntryPoint is gone in CUDA 13; its successor came with 12.5.
void* entry_point(const char* name) {
  void* pointer = nullptr;
  cudaDriverEntryPointQueryResult found = cudaDriverEntryPointSymbolNotFound;
#if CUDART_VERSION >= 12050
  const cudaError_t error = cudaGetDriverEntryPointByVersion(name, &pointer, CUDA_VERSION, cudaEnableDefault, &found);
#else
  const cudaError_t error = cudaGetDriverEntryPoint(name, &pointer, cudaEnableDefault, &found);
#endif
  return error == cudaSuccess && found == cudaDriverEntryPointSuccess ? pointer : nullptr;
}

std::string version_text(int version) { return fmt::format("{}.{}", version / 1000, version % 1000 / 10); }

}  // namespace

std::shared_ptr<const Driver> Driver::load(std::string* problem) {
  int version = 0;
  if (cudaDriverGetVersion(&version) != cudaSuccess || version == 0) return nullptr;  // no driver installed

  auto driver = std::make_shared<Driver>();
  driver->version = version;
  std::string missing;
#define KNOBSCOPE_LOAD(name)                                                   \
  driver->name = reinterpret_cast<decltype(driver->name)>(entry_point(#name)); \
  if (driver->name == nullptr && missing.empty()) missing = #name;
  KNOBSCOPE_DRIVER_FUNCTIONS(KNOBSCOPE_LOAD)
#undef KNOBSCOPE_LOAD
  if (!missing.empty()) {
    if (problem != nullptr) {
      *problem = fmt::format(
          "the NVIDIA driver supports CUDA {} only and lacks {}: install a driver for CUDA {} or newer to use the GPU",
          version_text(version), missing, version_text(CUDART_VERSION));
    }
    return nullptr;
  }

  const CUresult result = driver->cuInit(0);
  if (result == CUDA_SUCCESS) return driver;
  // A driver without a GPU (a container, a GPU passed elsewhere) is nothing to talk about.
  if (result != CUDA_ERROR_NO_DEVICE && result != CUDA_ERROR_STUB_LIBRARY && problem != nullptr) {
    *problem =
        fmt::format("the NVIDIA driver does not start: {}; look at what nvidia-smi says", driver->text_of(result));
  }
  return nullptr;
}

std::string Driver::text_of(CUresult result) const {
  const char* name = nullptr;
  const char* text = nullptr;
  if (cuGetErrorName(result, &name) != CUDA_SUCCESS || name == nullptr) name = "unknown CUDA error";
  if (cuGetErrorString(result, &text) != CUDA_SUCCESS || text == nullptr) {
    text = "the driver has no text for it";
  }
  return fmt::format("{} ({}, code {})", name, text, static_cast<int>(result));
}

bool is_sticky(CUresult result) {
  switch (result) {
    case CUDA_ERROR_DEINITIALIZED:
    case CUDA_ERROR_INVALID_CONTEXT:
    case CUDA_ERROR_ECC_UNCORRECTABLE:
    case CUDA_ERROR_NVLINK_UNCORRECTABLE:
    case CUDA_ERROR_ILLEGAL_ADDRESS:
    case CUDA_ERROR_LAUNCH_TIMEOUT:
    case CUDA_ERROR_CONTEXT_IS_DESTROYED:
    case CUDA_ERROR_ASSERT:
    case CUDA_ERROR_HARDWARE_STACK_ERROR:
    case CUDA_ERROR_ILLEGAL_INSTRUCTION:
    case CUDA_ERROR_MISALIGNED_ADDRESS:
    case CUDA_ERROR_INVALID_ADDRESS_SPACE:
    case CUDA_ERROR_INVALID_PC:
    case CUDA_ERROR_LAUNCH_FAILED:
    case CUDA_ERROR_SYSTEM_NOT_READY:
    case CUDA_ERROR_MPS_CLIENT_TERMINATED:
    case CUDA_ERROR_EXTERNAL_DEVICE:
    case CUDA_ERROR_UNKNOWN:
      return true;
    default:
      break;
  }
  // Named only by newer headers: contained memory error, tensor memory leak.
  return static_cast<int>(result) == 226 || static_cast<int>(result) == 721;
}

void throw_result(const Driver& driver, CUresult result, const char* call, const std::string& doing) {
  const std::string_view whole = call;
  const std::string message =
      fmt::format("CUDA failed while {}: {} in {}", doing, driver.text_of(result), whole.substr(0, whole.find('(')));
  if (is_sticky(result)) throw DeviceLost(message);
  throw DeviceError(message);
}

}  // namespace knobscope::device::cuda
