#pragma once
// From a kernel file to a shared object for the CPU at hand.

#include <atomic>
#include <string>

#include "device/compile_cache.h"
#include "device/host/compiler.h"

namespace knobscope::device::cpu {

struct ObjectRequest {
  const CompileRequest* kernel = nullptr;
  std::string kernels_dir;
  std::string machine;      ///< what -march=native depends on
  std::string work_folder;  ///< exists, may be written, is this call's own
};

/// Throws CompileError (the file's own lines in its log) and Cancelled.
host::CompiledObject compile_object(const host::Compiler& compiler, const CompileCache& cache,
                                    const ObjectRequest& request, const std::atomic<bool>& stop);

}  // namespace knobscope::device::cpu
