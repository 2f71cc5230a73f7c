#pragma once
// Where CUDA's headers and libraries lie: an installed toolkit, or NVIDIA's wheels. Nothing is loaded.

#include <filesystem>
#include <string>
#include <vector>

namespace knobscope::device {

/// Folders that may hold NVRTC, best first: what the environment names (CUDA_HOME, CUDA_PATH), what this program was
/// built with, the usual places, a virtual environment's wheels.
std::vector<std::filesystem::path> cuda_library_folders();

/// Folders to give to a compiler for <cuda_fp16.h> and its kin; empty when none was found. KNOBSCOPE_CUDA_INCLUDE names
/// one before all others; `library` is a file beside whose folder headers of its own release may lie, or empty.
std::vector<std::string> cuda_include_folders(const std::string& library);

}  // namespace knobscope::device
