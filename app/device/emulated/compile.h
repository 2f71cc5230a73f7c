#pragma once
// A CUDA kernel file as C++ for the CPU: the system's compiler, headers of ours in place of CUDA's built-ins, and its
// thread sanitizer's instrumentation (without that sanitizer's runtime), so that every access of memory calls a hook.

#include <atomic>
#include <filesystem>
#include <string>
#include <vector>

#include "device/compile_cache.h"
#include "device/device.h"
#include "device/host/compiler.h"

namespace knobscope::device::emulated {

/// Writes the headers that kernel files are compiled against below `folder`.
void write_headers(const std::filesystem::path& folder);

struct EmulatedRequest {
  const CompileRequest* kernel = nullptr;
  std::string kernels_dir;
  std::string machine;      ///< what -march=native depends on
  std::string headers;      ///< folder that write_headers() filled
  std::string work_folder;  ///< exists, may be written, is this call's own
};

/// The code of a shared object. Throws CompileError (the file's own lines in its log), Unplayable and Cancelled.
host::CompiledObject compile_for_emulation(const host::Compiler& compiler, const CompileCache& cache,
                                           const EmulatedRequest& request, const std::atomic<bool>& stop);

/// What cannot be played, from the log of a compilation that failed for it: the sentence with file, line and name;
/// empty when the log is about something else. `id` is the variant's.
std::string unplayable_in(const std::string& log, const std::string& id);

}  // namespace knobscope::device::emulated
