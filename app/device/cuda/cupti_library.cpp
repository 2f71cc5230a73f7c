#include "device/cuda/cupti_library.h"

#include <cstdlib>

#include <dlfcn.h>
#include <fmt/format.h>

#include "device/cuda_folders.h"
#include "device/device.h"

namespace knobscope::device::cuda {
namespace {

// CUptiResult, by number: older headers do not name all of them.
constexpr int kHardwareBusy = 26;
constexpr int kNotSupported = 27;
constexpr int kVirtualized = 33;
constexpr int kInsufficientPrivileges = 35;
constexpr int kMultipleSubscribers = 39;
constexpr int kVirtualizedPrivileges = 40;
constexpr int kConfidential = 41;
constexpr int kMig = 43;

}  // namespace

std::string refusal_text(int code, const std::string& name, const char* doing) {
  const std::string refused = fmt::format("{} ({}, code {})", doing, name, code);
  switch (code) {
    case kInsufficientPrivileges:
      return "the driver lets only administrators read the GPU's counters (ERR_NVGPUCTRPERM): start knobscope with "
             "root's "
             "rights, in a container with --cap-add=SYS_ADMIN, or let everybody read them by the line 'options nvidia "
             "NVreg_RestrictProfilingToAdminUsers=0' in a file of /etc/modprobe.d and a restart";
    case kVirtualizedPrivileges:
      return "the host of this virtual GPU does not permit profiling: have it enabled for the virtual machine "
             "(pciPassthru.cfg.enable_profiling = \"1\", or the vGPU's plugin option enable_profiling=1)";
    case kHardwareBusy:
      return fmt::format("another profiler has the counters: end ncu, or pause DCGM with 'dcgmi profile --pause': {}",
                         refused);
    case kMultipleSubscribers:
      return fmt::format("another profiler is attached to this process: run without nsys, ncu or an injected CUPTI: {}",
                         refused);
    case kNotSupported:
    case kVirtualized:
    case kConfidential:
    case kMig:
      return fmt::format(
          "this GPU, as it is set up, is not supported by CUPTI: use a whole GPU without confidential "
          "computing: {}",
          refused);
    default:
      return fmt::format(
          "CUPTI failed while {}: use the CUPTI of the driver's CUDA version, or name its file in "
          "KNOBSCOPE_CUPTI",
          refused);
  }
}

#if KNOBSCOPE_HAS_CUPTI

void check_cupti(const CuptiLibrary& cupti, CUptiResult result, const char* doing) {
  if (result == CUPTI_SUCCESS) return;
  const char* name = nullptr;
  if (cupti.cuptiGetResultString(result, &name) != CUPTI_SUCCESS || name == nullptr) name = "unknown";
  throw Unprofilable(refusal_text(static_cast<int>(result), name, doing));
}

std::shared_ptr<const CuptiLibrary> CuptiLibrary::load() {
  constexpr const char* kNames[] = {"libcupti.so.13", "libcupti.so.12"};
  std::string last_error;
  for (const std::string& file : cuda_library_files("KNOBSCOPE_CUPTI", kNames)) {
    // Never closed: it hooks into the driver.
    void* handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
      if (const char* error = dlerror()) last_error = error;
      continue;
    }
    auto library = std::make_shared<CuptiLibrary>();
    std::string missing;
    std::string missing_ranges;
    const auto load_from = [handle]<class Function>(Function& function, const char* name, std::string& first_missing) {
      function = reinterpret_cast<Function>(dlsym(handle, name));
      if (function == nullptr && first_missing.empty()) first_missing = name;
    };
#define KNOBSCOPE_LOAD(name) load_from(library->name, #name, missing);
    KNOBSCOPE_CUPTI_FUNCTIONS(KNOBSCOPE_LOAD)
#undef KNOBSCOPE_LOAD
#define KNOBSCOPE_LOAD(name) load_from(library->name, #name, missing_ranges);
    KNOBSCOPE_CUPTI_RANGE_FUNCTIONS(KNOBSCOPE_LOAD)
#undef KNOBSCOPE_LOAD
    if (!missing.empty()) {
      last_error = fmt::format("{} lacks {}", file, missing);
      continue;
    }
    library->has_range_profiler = KNOBSCOPE_HAS_RANGE_PROFILER && missing_ranges.empty();
    return library;
  }
  std::string problem =
      "CUPTI (libcupti.so.13 or .12) was not found: install the CUDA Toolkit or the PyPI package nvidia-cuda-cupti, or "
      "name the file in KNOBSCOPE_CUPTI";
  if (std::getenv("KNOBSCOPE_CUPTI") != nullptr && !last_error.empty()) problem += " (now: " + last_error + ")";
  throw Unprofilable(problem);
}

#else

std::shared_ptr<const CuptiLibrary> CuptiLibrary::load() {
  throw Unprofilable("this build knows no CUPTI: build it where the CUDA Toolkit or NVIDIA's wheels have cupti.h");
}

#endif

}  // namespace knobscope::device::cuda
