#pragma once
// The system's C++ compiler: finding it, and turning a kernel file into a shared object.

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "device/compile_cache.h"
#include "device/device.h"

namespace knobscope::device::cpu {

struct Compiler {
  std::vector<std::string> command;  ///< program and leading arguments: {"g++"}, {"ccache", "g++"}
  std::string identity;              ///< all it says of its version
  std::string title;                 ///< "g++ 12.2.0"
};

struct CompilerSearch {
  std::optional<Compiler> compiler;
  std::string fault;  ///< why there is none, and what to do; empty when there is one
};

/// $CXX if set, else the first of c++, g++, clang++ that runs. Starts it once to ask its version.
CompilerSearch find_compiler();

struct CompiledObject {
  std::string code;  ///< a shared object's bytes
  std::string log;
  std::optional<double> compile_ms;  ///< nothing when it came from the cache
};

struct ObjectRequest {
  const CompileRequest* kernel = nullptr;
  std::string kernels_dir;
  std::string machine;      ///< what -march=native depends on
  std::string work_folder;  ///< exists, may be written, is this call's own
};

/// Throws CompileError (the file's own lines in its log) and Cancelled.
CompiledObject compile_object(const Compiler& compiler, const CompileCache& cache, const ObjectRequest& request,
                              const std::atomic<bool>& stop);

/// A compiler's output without what the user did not write: paths become those below kernels/.
std::string cleaned_log(std::string log, const std::string& kernels_dir, const std::string& work_folder);

/// Name of the function in the shared object that gives the entries: const bridge::Entry*(int launch).
inline constexpr const char* kEntryFunction = "knobscope_entry";

}  // namespace knobscope::device::cpu
