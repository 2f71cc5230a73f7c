#include "device/cuda/nvrtc_library.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>

#include <dlfcn.h>
#include <fmt/format.h>

#include "device/device.h"

namespace knobscope::device::cuda {
namespace {

namespace fs = std::filesystem;

constexpr int kOldestMajor = 12;

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

std::vector<fs::path> library_folders() {
  std::vector<fs::path> folders;
  for (const char* variable : {"CUDA_HOME", "CUDA_PATH"}) {
    if (const auto home = environment(variable)) {
      folders.push_back(fs::path(*home) / "lib64");
      folders.push_back(fs::path(*home) / "lib");
    }
  }
#ifdef KNOBSCOPE_CUDA_LIBRARY_DIR
  folders.emplace_back(KNOBSCOPE_CUDA_LIBRARY_DIR);
#endif
  folders.emplace_back("/usr/local/cuda/lib64");
  append_wheels("lib", folders);
  return folders;
}

std::vector<std::string> library_candidates() {
  // Only versions of a known interface: an unversioned name might be anything.
  constexpr const char* kNames[] = {"libnvrtc.so.13", "libnvrtc.so.12"};
  std::vector<std::string> candidates;
  if (const auto file = environment("KNOBSCOPE_NVRTC")) {
    candidates.push_back(*file);
    return candidates;  // whoever names a file means that one
  }
  for (const fs::path& folder : library_folders()) {
    for (const char* name : kNames) {
      if (is_there(folder / name)) candidates.push_back((folder / name).string());
    }
  }
  for (const char* name : kNames) candidates.emplace_back(name);
  return candidates;
}

std::vector<std::string> find_include_dirs(const std::string& library) {
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

std::string path_of_loaded(void* symbol) {
  Dl_info info{};
  if (dladdr(symbol, &info) == 0 || info.dli_fname == nullptr) return {};
  return info.dli_fname;
}

}  // namespace

std::string NvrtcLibrary::version_text() const { return fmt::format("NVRTC {}.{}", major, minor); }

std::shared_ptr<const NvrtcLibrary> NvrtcLibrary::load(std::string* problem) {
  std::string last_error;
  for (const std::string& candidate : library_candidates()) {
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
    library->include_dirs = find_include_dirs(library->path);
    return library;
  }
  if (problem != nullptr) {
    *problem =
        "NVRTC (libnvrtc.so.13 or .12), which compiles CUDA kernels, was not found: install the CUDA Toolkit or "
        "the PyPI package nvidia-cuda-nvrtc, or name the file in KNOBSCOPE_NVRTC";
    if (environment("KNOBSCOPE_NVRTC") && !last_error.empty()) *problem += " (now: " + last_error + ")";
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
