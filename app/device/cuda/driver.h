#pragma once
// The CUDA driver's functions, found when the program runs: the binary links and starts where no driver is installed.

#include <memory>
#include <string>

#include <cuda.h>

#include "device/device.h"

namespace knobscope::device::cuda {

// Every function of the driver that is used. cuda.h maps some of these names to newer versions (cuMemAlloc_v2); the
// table follows it, because both the type and the version asked for come from the same header.
#define KNOBSCOPE_DRIVER_FUNCTIONS(X)            \
  X(cuInit)                                      \
  X(cuDriverGetVersion)                          \
  X(cuGetErrorName)                              \
  X(cuGetErrorString)                            \
  X(cuDeviceGetCount)                            \
  X(cuDeviceGet)                                 \
  X(cuDeviceGetName)                             \
  X(cuDeviceGetAttribute)                        \
  X(cuDeviceGetPCIBusId)                         \
  X(cuDeviceGetUuid)                             \
  X(cuDeviceTotalMem)                            \
  X(cuDevicePrimaryCtxRetain)                    \
  X(cuDevicePrimaryCtxRelease)                   \
  X(cuCtxSetCurrent)                             \
  X(cuMemGetInfo)                                \
  X(cuCtxResetPersistingL2Cache)                 \
  X(cuMemAlloc)                                  \
  X(cuMemFree)                                   \
  X(cuMemHostAlloc)                              \
  X(cuMemHostGetDevicePointer)                   \
  X(cuMemFreeHost)                               \
  X(cuMemsetD8Async)                             \
  X(cuMemsetD16Async)                            \
  X(cuMemsetD32Async)                            \
  X(cuMemcpyDtoDAsync)                           \
  X(cuMemcpyDtoHAsync)                           \
  X(cuMemcpyHtoDAsync)                           \
  X(cuStreamCreate)                              \
  X(cuStreamDestroy)                             \
  X(cuStreamSynchronize)                         \
  X(cuStreamBeginCapture)                        \
  X(cuStreamEndCapture)                          \
  X(cuGraphInstantiateWithFlags)                 \
  X(cuGraphUpload)                               \
  X(cuGraphLaunch)                               \
  X(cuGraphExecDestroy)                          \
  X(cuGraphDestroy)                              \
  X(cuEventCreate)                               \
  X(cuEventDestroy)                              \
  X(cuEventRecord)                               \
  X(cuEventSynchronize)                          \
  X(cuEventElapsedTime)                          \
  X(cuModuleLoadData)                            \
  X(cuModuleUnload)                              \
  X(cuModuleGetFunction)                         \
  X(cuFuncGetAttribute)                          \
  X(cuFuncSetAttribute)                          \
  X(cuFuncGetParamInfo)                          \
  X(cuOccupancyMaxActiveBlocksPerMultiprocessor) \
  X(cuOccupancyMaxActiveClusters)                \
  X(cuLaunchKernelEx)

struct Driver {
#define KNOBSCOPE_DECLARE(name) decltype(&::name) name = nullptr;  // NOLINT(bugprone-macro-parentheses)
  KNOBSCOPE_DRIVER_FUNCTIONS(KNOBSCOPE_DECLARE)
#undef KNOBSCOPE_DECLARE

  int version = 0;  ///< CUDA version the driver supports, as 1000 * major + 10 * minor

  /// Loads and initialises the driver. Null when there is none or it sees no GPU; when it is there but cannot be
  /// used, also null and `*problem` says why and what to do. Never throws.
  static std::shared_ptr<const Driver> load(std::string* problem);

  /// "CUDA_ERROR_OUT_OF_MEMORY (out of memory)"
  std::string text_of(CUresult result) const;
};

/// Throws DeviceLost for results after which the context is of no use, DeviceError for all others.
/// `call` is the call's own text, `doing` completes "CUDA failed while …".
[[noreturn]] void throw_result(const Driver& driver, CUresult result, const char* call, const std::string& doing);

/// Whether nothing but a new process helps after `result`.
bool is_sticky(CUresult result);

// Calls a driver function and throws when it fails. A macro, so that `doing`, which may build a long sentence, costs
// nothing on the path that is timed.
#define KNOBSCOPE_CU(driver, doing, call)                                                  \
  do {                                                                                     \
    const CUresult knobscope_result = (driver).call;                                       \
    if (knobscope_result != CUDA_SUCCESS) {                                                \
      ::knobscope::device::cuda::throw_result((driver), knobscope_result, #call, (doing)); \
    }                                                                                      \
  } while (false)

}  // namespace knobscope::device::cuda
