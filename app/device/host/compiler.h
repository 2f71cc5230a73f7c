#pragma once
// The system's C++ compiler: finding it, what a kernel file needs around it to be compiled, and running it. Each device
// that compiles this way chooses its own options.

#include <atomic>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "device/compile_cache.h"
#include "device/device.h"

namespace knobscope::device::host {

struct Compiler {
  std::vector<std::string> command;  ///< program and leading arguments: {"g++"}, {"ccache", "g++"}
  std::string identity;              ///< all it says of its version
  std::string title;                 ///< "g++ 12.2.0"
};

struct CompilerSearch {
  std::optional<Compiler> compiler;
  std::string fault;  ///< why there is none, and what to do; empty when there is one
};

/// $CXX if set, else the first of c++, g++, clang++ that runs. Starts it once to ask its version. `purpose` is what
/// needs it ("kernels for the CPU"), for the fault.
CompilerSearch find_compiler(std::string_view purpose);

struct CompiledObject {
  std::string code;  ///< a shared object's bytes
  std::string log;
  std::optional<double> compile_ms;  ///< nothing when it came from the cache
};

/// Where a kernel file lies, and what it can include. Paths are absolute.
struct KernelFile {
  std::filesystem::path folder;   ///< of the file itself: for #include "…"
  std::filesystem::path include;  ///< kernels/include
  /// For #line: the file's path where the file on disk has this very text, so that the compiler can quote lines of it;
  /// else the variant's id.
  std::string shown_path;
};

KernelFile kernel_file(const std::string& kernels_dir, const Variant& variant);

/// The kernel's text under its own name and line numbers, then entry_bridge.h, then one entry for each launch, which
/// the function kEntryFunction gives.
std::string translation_unit(const CompileRequest& request, const std::string& shown_path);

/// As it stands between the quotes of a #line directive, the quotes included.
std::string quoted(const std::string& text);

/// -D for each macro of the request.
std::vector<std::string> macro_options(const CompileRequest& request);
/// The options that let the kernel include what lies in include/ and beside it. Not for the key of a cache: there the
/// headers' texts count (add_headers), not where they lie.
std::vector<std::string> include_options(const KernelFile& file);

/// The compiler and what it is told.
void add_compiler(CacheKey& key, const Compiler& compiler, const std::vector<std::string>& options);
/// Every header the kernel can include without naming a place outside kernels/.
void add_headers(CacheKey& key, const KernelFile& file);

/// Name of the file in the work folder that holds the translation unit; cleaned_log() knows it.
inline constexpr const char* kSourceName = "knobscope_kernel.cpp";

/// Throws DeviceError when the folder has no room.
void write_source(const std::string& text, const std::filesystem::path& path);
/// Empty when it cannot be read.
std::string read_text(const std::filesystem::path& path);

struct CompilerRun {
  std::string log;  ///< cleaned
  double took_ms = 0.0;
};

/// Runs the compiler in `work_folder`. `id` is the variant's, for messages. Throws CompileError (the file's own lines
/// in its log) and Cancelled.
CompilerRun run_compiler(const Compiler& compiler, const std::vector<std::string>& arguments,
                         const std::string& work_folder, const std::string& kernels_dir, const std::string& id,
                         const std::atomic<bool>& stop);

/// A compiler's output without what the user did not write: paths become those below kernels/.
std::string cleaned_log(std::string log, const std::string& kernels_dir, const std::string& work_folder);

/// The first line of the log that says why it failed.
std::string reason_in(const std::string& log);

}  // namespace knobscope::device::host
