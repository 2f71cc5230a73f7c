#include "cli/places.h"

#include <cstdlib>
#include <stdexcept>
#include <system_error>

#include <fmt/format.h>

namespace knobscope::cli {
namespace {

namespace fs = std::filesystem;

bool is_root(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_directory(folder / "kernels", ignored);
}

fs::path asked_root(const fs::path& folder, const char* by) {
  if (!is_root(folder)) {
    throw std::runtime_error(
        fmt::format("{} names {}, which holds no kernels/; name the folder that holds kernels/, "
                    "assets/ and shaders/",
                    by, folder.string()));
  }
  return fs::absolute(folder).lexically_normal();
}

fs::path find_root(const std::optional<fs::path>& asked, const fs::path& program, const fs::path& source_dir,
                   const EnvironmentLookup& environment) {
  if (asked) return asked_root(*asked, "--root");
  if (const auto named = environment("KNOBSCOPE_ROOT")) return asked_root(*named, "KNOBSCOPE_ROOT");
  for (fs::path folder = program.parent_path(); !folder.empty(); folder = folder.parent_path()) {
    if (is_root(folder)) return folder;
    // Installed as bin/knobscope beside share/knobscope.
    if (is_root(folder / "share" / "knobscope")) return folder / "share" / "knobscope";
    if (folder == folder.root_path()) break;
  }
  if (is_root(source_dir)) return source_dir;
  throw std::runtime_error(
      "the folder with kernels/, assets/ and shaders/ was not found; name it with --root or "
      "KNOBSCOPE_ROOT");
}

fs::path own_folder(const EnvironmentLookup& environment, const char* own, const char* xdg, const char* in_home) {
  if (const auto folder = environment(own)) return *folder;
  if (const auto folder = environment(xdg)) return fs::path(*folder) / "knobscope";
  if (const auto home = environment("HOME")) return fs::path(*home) / in_home / "knobscope";
  return fs::temp_directory_path() / "knobscope";
}

}  // namespace

std::optional<std::string> process_environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

fs::path program_file() {
  std::error_code ignored;
  return fs::read_symlink("/proc/self/exe", ignored);
}

Places find_places(const std::optional<fs::path>& asked, const fs::path& program, const fs::path& source_dir,
                   const EnvironmentLookup& environment) {
  Places places;
  places.root = find_root(asked, program, source_dir, environment);
  places.kernels = places.root / "kernels";
  places.cache = own_folder(environment, "KNOBSCOPE_CACHE_DIR", "XDG_CACHE_HOME", ".cache");
  places.config = own_folder(environment, "KNOBSCOPE_CONFIG_DIR", "XDG_CONFIG_HOME", ".config");
  return places;
}

}  // namespace knobscope::cli
