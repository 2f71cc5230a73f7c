#pragma once
// Where a compiler's files lie while it runs.

#include <filesystem>
#include <string>

namespace knobscope::device::host {

/// A folder of its own below `cache_folder`, or where that cannot be, below the folder for temporary files; removed
/// with all in it.
class WorkFolder {
 public:
  /// Throws DeviceError when no folder can be made in either.
  explicit WorkFolder(const std::filesystem::path& cache_folder);
  ~WorkFolder();
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace knobscope::device::host
