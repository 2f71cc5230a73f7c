#include "device/cuda_folders.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <system_error>

namespace knobscope::device {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCuptiFolder = "extras/CUPTI/lib64";  // CUPTI's own in a toolkit

std::optional<std::string> environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return std::string(value);
}

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

// <dir>/*/<leaf>, sorted.
void append_children(const fs::path& dir, const char* leaf, std::vector<fs::path>& to) {
  std::error_code error;
  std::vector<fs::path> found;
  for (fs::directory_iterator it(dir, error), end; !error && it != end; it.increment(error)) {
    if (is_there(it->path() / leaf)) found.push_back(it->path() / leaf);
  }
  std::sort(found.begin(), found.end());
  to.insert(to.end(), found.begin(), found.end());
}

// Folders of NVIDIA's wheels: nvidia/cu13/<leaf> since CUDA 13, nvidia/cuda_nvrtc/<leaf> and others before.
void append_wheels(const char* leaf, std::vector<fs::path>& to) {
  for (const char* variable : {"VIRTUAL_ENV", "CONDA_PREFIX"}) {
    const auto prefix = environment(variable);
    if (!prefix) continue;
    std::vector<fs::path> pythons;
    append_children(fs::path(*prefix) / "lib", "site-packages/nvidia", pythons);
    for (const fs::path& nvidia : pythons) append_children(nvidia, leaf, to);
    to.push_back(fs::path(*prefix) / leaf);
  }
}

}  // namespace

std::vector<fs::path> cuda_library_folders() {
  std::vector<fs::path> folders;
  for (const char* variable : {"CUDA_HOME", "CUDA_PATH"}) {
    if (const auto home = environment(variable)) {
      folders.push_back(fs::path(*home) / "lib64");
      folders.push_back(fs::path(*home) / "lib");
      folders.push_back(fs::path(*home) / kCuptiFolder);
    }
  }
#ifdef KNOBSCOPE_CUDA_LIBRARY_DIR
  folders.emplace_back(KNOBSCOPE_CUDA_LIBRARY_DIR);
#endif
  folders.emplace_back("/usr/local/cuda/lib64");
  folders.push_back(fs::path("/usr/local/cuda") / kCuptiFolder);
  append_wheels("lib", folders);
  return folders;
}

std::vector<std::string> cuda_library_files(const char* variable, std::span<const char* const> names) {
  if (const auto file = environment(variable)) return {*file};  // whoever names a file means that one
  std::vector<std::string> files;
  for (const fs::path& folder : cuda_library_folders()) {
    for (const char* name : names) {
      if (is_there(folder / name)) files.push_back((folder / name).string());
    }
  }
  files.insert(files.end(), names.begin(), names.end());
  return files;
}

std::vector<std::string> cuda_include_folders(const std::string& library) {
  std::vector<fs::path> folders;
  if (const auto dir = environment("KNOBSCOPE_CUDA_INCLUDE")) folders.emplace_back(*dir);
  if (!library.empty()) {
    // The headers of the library's own release first: lib64/.. in a toolkit, nvidia/*/include among wheels.
    std::error_code ignored;
    const fs::path folder = fs::weakly_canonical(fs::path(library), ignored).parent_path();
    folders.push_back(folder.parent_path() / "include");
    append_children(folder.parent_path().parent_path(), "include", folders);
  }
  for (const char* variable : {"CUDA_HOME", "CUDA_PATH"}) {
    if (const auto home = environment(variable)) folders.push_back(fs::path(*home) / "include");
  }
#ifdef KNOBSCOPE_CUDA_INCLUDE_DIR
  folders.emplace_back(KNOBSCOPE_CUDA_INCLUDE_DIR);
#endif
  folders.emplace_back("/usr/local/cuda/include");
  append_wheels("include", folders);
  for (const fs::path& folder : folders) {
    if (!is_there(folder / "cuda_fp16.h")) continue;
    std::vector<std::string> dirs{folder.string()};
    // libcu++ and cooperative groups' parts moved into a folder of their own in CUDA 13.
    if (is_there(folder / "cccl" / "cuda")) dirs.push_back((folder / "cccl").string());
    return dirs;
  }
  return {};
}

}  // namespace knobscope::device
