#include "device/cuda/nvrtc_library.h"

#include <algorithm>
#include <cstdlib>

#include <dlfcn.h>
#include <fmt/format.h>

#include "device/cuda_folders.h"
#include "device/device.h"

namespace knobscope::device::cuda {
namespace {

constexpr int kOldestMajor = 12;
constexpr const char* kNames[] = {"libnvrtc.so.13", "libnvrtc.so.12"};

std::string path_of_loaded(void* symbol) {
  Dl_info info{};
  if (dladdr(symbol, &info) == 0 || info.dli_fname == nullptr) return {};
  return info.dli_fname;
}

}  // namespace

std::string NvrtcLibrary::version_text() const { return fmt::format("NVRTC {}.{}", major, minor); }

std::shared_ptr<const NvrtcLibrary> NvrtcLibrary::load(std::string* problem) {
  std::string last_error;
  for (const std::string& candidate : cuda_library_files("KNOBSCOPE_NVRTC", kNames)) {
    // Never closed: NVRTC keeps threads and static state that do not survive it.
    void* handle = dlopen(candidate.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
      if (const char* error = dlerror()) last_error = error;
      continue;
    }
    auto library = std::make_shared<NvrtcLibrary>();
    std::string missing;
#define KNOBSCOPE_LOAD(name)                                                       \
  library->name = reinterpret_cast<decltype(library->name)>(dlsym(handle, #name)); \
  if (library->name == nullptr && missing.empty()) missing = #name;
    KNOBSCOPE_NVRTC_FUNCTIONS(KNOBSCOPE_LOAD)
#undef KNOBSCOPE_LOAD
    library->set_flow_callback =
        reinterpret_cast<decltype(library->set_flow_callback)>(dlsym(handle, "nvrtcSetFlowCallback"));
    if (!missing.empty()) {
      last_error = fmt::format("{} lacks {}", candidate, missing);
      continue;
    }
    if (library->nvrtcVersion(&library->major, &library->minor) != NVRTC_SUCCESS || library->major < kOldestMajor) {
      last_error = fmt::format("{} is older than CUDA {}", candidate, kOldestMajor);
      continue;
    }
    int count = 0;
    if (library->nvrtcGetNumSupportedArchs(&count) == NVRTC_SUCCESS && count > 0) {
      library->architectures.resize(static_cast<std::size_t>(count));
      if (library->nvrtcGetSupportedArchs(library->architectures.data()) != NVRTC_SUCCESS) {
        library->architectures.clear();
      }
      std::sort(library->architectures.begin(), library->architectures.end());
    }
    library->path = path_of_loaded(reinterpret_cast<void*>(library->nvrtcVersion));
    library->include_dirs = cuda_include_folders(library->path);
    return library;
  }
  if (problem != nullptr) {
    *problem =
        "NVRTC (libnvrtc.so.13 or .12), which compiles CUDA kernels, was not found: install the CUDA Toolkit or "
        "the PyPI package nvidia-cuda-nvrtc, or name the file in KNOBSCOPE_NVRTC";
    if (std::getenv("KNOBSCOPE_NVRTC") != nullptr && !last_error.empty()) *problem += " (now: " + last_error + ")";
  }
  return nullptr;
}

std::string NvrtcLibrary::architecture_for(int compute_capability) const {
  const bool known = std::find(architectures.begin(), architectures.end(), compute_capability) != architectures.end();
  if (known) return fmt::format("sm_{}{}", compute_capability, compute_capability >= 90 ? "a" : "");
  if (architectures.empty() || compute_capability < architectures.front()) {
    throw DeviceError(
        fmt::format("{} does not compile for compute capability {}.{}: name an older libnvrtc.so.12 in KNOBSCOPE_NVRTC",
                    version_text(), compute_capability / 10, compute_capability % 10));
  }
  const auto newer = std::upper_bound(architectures.begin(), architectures.end(), compute_capability);
  return fmt::format("compute_{}", *std::prev(newer));
}

}  // namespace knobscope::device::cuda
