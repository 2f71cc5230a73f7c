#pragma once
// Where CUDA's headers and libraries lie: an installed toolkit, or NVIDIA's wheels. Nothing is loaded.

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace knobscope::device {

/// Folders that may hold NVRTC and CUPTI, best first: what the environment names (CUDA_HOME, CUDA_PATH), what this
/// program was built with, the usual places, a virtual environment's wheels.
std::vector<std::filesystem::path> cuda_library_folders();

/// What to try to open one of NVIDIA's libraries by, best first: the file that the environment variable names and
/// nothing else, or `names` (with their versions: an unversioned name might be anything) in each folder, then alone.
std::vector<std::string> cuda_library_files(const char* variable, std::span<const char* const> names);

/// Folders to give to a compiler for <cuda_fp16.h> and its kin; empty when none was found. KNOBSCOPE_CUDA_INCLUDE names
/// one before all others; `library` is a file beside whose folder headers of its own release may lie, or empty.
std::vector<std::string> cuda_include_folders(const std::string& library);

}  // namespace knobscope::device
