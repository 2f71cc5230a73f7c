#pragma once
// The device's own kernels (programs/*.cu), compiled when first needed on a machine and kept in the cache.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "device/cuda/cached_compile.h"
#include "device/cuda/program.h"

namespace knobscope::device::cuda {

/// One of programs/*.cu on the GPU.
class OwnProgram {
 public:
  /// `file`: "judge.cu". Throws DeviceError when the driver refuses it; a CompileError is a mistake of ours.
  OwnProgram(ContextPtr context, const NvrtcLibrary& nvrtc, const CompileCache& cache, const std::string& architecture,
             const std::string& file);

  /// Starts `kernel` in the context's stream. The arguments must have the sizes of its parameters, in order.
  template <typename... Arguments>
  void enqueue(std::string_view kernel, std::int64_t blocks, unsigned threads, Arguments... arguments) const {
    void* pointers[] = {&arguments...};
    enqueue_checked(kernel, blocks, threads, pointers, {sizeof(Arguments)...});
  }

 private:
  struct Entry {
    CUfunction function = nullptr;
    std::vector<std::size_t> parameter_sizes;
  };
  void enqueue_checked(std::string_view kernel, std::int64_t blocks, unsigned threads, void** arguments,
                       const std::vector<std::size_t>& sizes) const;

  ContextPtr context_;
  Module module_;
  std::map<std::string, Entry, std::less<>> entries_;
};

/// Files of programs/, in name order.
std::vector<std::string> own_program_files();

/// The request that compiles one of them with all its kernels.
CubinRequest own_program_request(const std::string& file, const std::string& architecture);

}  // namespace knobscope::device::cuda
