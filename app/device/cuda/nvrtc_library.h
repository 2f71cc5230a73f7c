#pragma once
// NVRTC, opened when the program runs, and the CUDA headers that kernels may include.

#include <memory>
#include <string>
#include <vector>

#include <nvrtc.h>

namespace knobscope::device::cuda {

struct NvrtcLibrary {
#define KNOBSCOPE_NVRTC_FUNCTIONS(X) \
  X(nvrtcVersion)                    \
  X(nvrtcGetErrorString)             \
  X(nvrtcGetNumSupportedArchs)       \
  X(nvrtcGetSupportedArchs)          \
  X(nvrtcCreateProgram)              \
  X(nvrtcDestroyProgram)             \
  X(nvrtcAddNameExpression)          \
  X(nvrtcCompileProgram)             \
  X(nvrtcGetLoweredName)             \
  X(nvrtcGetProgramLogSize)          \
  X(nvrtcGetProgramLog)              \
  X(nvrtcGetCUBINSize)               \
  X(nvrtcGetCUBIN)                   \
  X(nvrtcGetPTXSize)                 \
  X(nvrtcGetPTX)
#define KNOBSCOPE_DECLARE(name) decltype(&::name) name = nullptr;  // NOLINT(bugprone-macro-parentheses)
  KNOBSCOPE_NVRTC_FUNCTIONS(KNOBSCOPE_DECLARE)
#undef KNOBSCOPE_DECLARE
  /// Lets a compilation be cancelled; null before CUDA 12.9.
  nvrtcResult (*set_flow_callback)(nvrtcProgram, int (*)(void*, void*), void*) = nullptr;

  int major = 0;
  int minor = 0;
  std::vector<int> architectures;         ///< compute capabilities it knows (75, 80, … ), ascending
  std::string path;                       ///< of the library file
  std::vector<std::string> include_dirs;  ///< with cuda_fp16.h, and CCCL's beside it; empty when none was found

  /// "NVRTC 13.0"
  std::string version_text() const;

  /// Looks at $KNOBSCOPE_NVRTC (the library file), $CUDA_HOME and $CUDA_PATH, the toolkit the program was built with,
  /// /usr/local/cuda, NVIDIA's wheels in $VIRTUAL_ENV or $CONDA_PREFIX, and the system's library path, in this order.
  /// Null when there is none; `*problem` then says what to do.
  static std::shared_ptr<const NvrtcLibrary> load(std::string* problem);

  /// The target to compile for: "sm_90a" for 90 (with the instructions only that chip has), "compute_120" (PTX, which
  /// the driver finishes) for a GPU newer than this NVRTC. Throws DeviceError for one that is too old for it.
  std::string architecture_for(int compute_capability) const;
};

}  // namespace knobscope::device::cuda
