#include "device/host/work_folder.h"

#include <cstdlib>

#include <fmt/format.h>

#include "device/device.h"

namespace knobscope::device::host {

namespace fs = std::filesystem;

WorkFolder::WorkFolder(const fs::path& cache_folder) {
  std::error_code error;
  for (const fs::path& parent : {cache_folder, fs::temp_directory_path(error)}) {
    if (parent.empty()) continue;
    fs::create_directories(parent, error);
    std::string name = (fs::absolute(parent, error) / "knobscope-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) {
      path_ = name;
      return;
    }
  }
  throw DeviceError(fmt::format("no folder for the compiler's files could be made in {}: choose another cache folder",
                                cache_folder.empty() ? "the folder for temporary files" : cache_folder.string()));
}

WorkFolder::~WorkFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace knobscope::device::host
