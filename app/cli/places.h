#pragma once
// Where the program finds its kernels and keeps what it compiled.

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace knobscope::cli {

/// The value of an environment variable; nothing when it is not set or empty.
using EnvironmentLookup = std::function<std::optional<std::string>(const char* name)>;

std::optional<std::string> process_environment(const char* name);

/// The program's own file.
std::filesystem::path program_file();

struct Places {
  std::filesystem::path root;  ///< holds kernels/, assets/, shaders/
  std::filesystem::path kernels;
  std::filesystem::path cache;
  std::filesystem::path config;
};

/// The resource root: `asked` (--root) or KNOBSCOPE_ROOT, which must hold kernels/; else the first of the program's
/// folder, its parents and `source_dir` that does. Cache: KNOBSCOPE_CACHE_DIR, else XDG_CACHE_HOME/knobscope, else
/// ~/.cache/knobscope; config likewise with KNOBSCOPE_CONFIG_DIR, XDG_CONFIG_HOME and ~/.config.
/// Throws std::runtime_error with one sentence when there is no such root.
Places find_places(const std::optional<std::filesystem::path>& asked, const std::filesystem::path& program,
                   const std::filesystem::path& source_dir, const EnvironmentLookup& environment);

}  // namespace knobscope::cli
