#pragma once
// From CUDA C++ to machine code. Needs NVRTC, but neither a GPU nor a driver.

#include <atomic>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "device/cuda/nvrtc_library.h"
#include "device/device.h"

namespace knobscope::device::cuda {

struct CubinRequest {
  std::string name;  ///< as in the compiler's messages: the file's path under kernels/
  std::string source;
  std::string architecture;  ///< "sm_80", "sm_90a", or "compute_120" for PTX
  std::map<std::string, std::string> macros;
  std::vector<std::string> include_dirs;                               ///< searched before the CUDA headers
  std::vector<std::pair<std::string_view, std::string_view>> headers;  ///< include name and text, from memory
  std::vector<std::string> entries;         ///< kernels that are launched, as C++ names them: "scale", "copy<float>"
  bool contract = true;                     ///< a*b+c may become one fused operation; false gives a CPU's bits
  const std::atomic<bool>* stop = nullptr;  ///< set: compilation ends early with Cancelled, where NVRTC can
};

struct Cubin {
  std::string image;                       ///< ELF, or PTX text that ends with a zero
  std::vector<std::string> lowered_names;  ///< one for each entry, as the image calls them
  std::string log;                         ///< the compiler's warnings; may be empty
};

/// What compiles a variant: its file under its own name, its headers from kernels_dir/include.
CubinRequest request_for(const CompileRequest& variant, const std::string& kernels_dir,
                         const std::string& architecture);

/// Throws CompileError with the compiler's whole log. Thread-safe.
Cubin compile_to_cubin(const NvrtcLibrary& nvrtc, const CubinRequest& request);

/// What NVRTC is told, in order; together with the source and all headers it determines the result.
std::vector<std::string> options_of(const NvrtcLibrary& nvrtc, const CubinRequest& request);

}  // namespace knobscope::device::cuda
