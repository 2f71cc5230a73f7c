#pragma once
// Machine code on the GPU, its kernels, and starting them.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "device/cuda/arguments.h"
#include "device/cuda/compile.h"
#include "device/cuda/context.h"
#include "device/device.h"

namespace knobscope::device::cuda {

/// A loaded image; unloaded when it goes.
class Module {
 public:
  /// Throws DeviceError when the driver does not take the image (`name` is for the message).
  Module(ContextPtr context, const std::string& image, const std::string& name);
  ~Module();
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  CUfunction function(const std::string& lowered_name) const;

 private:
  ContextPtr context_;
  CUmodule module_ = nullptr;
};

/// A kernel and what the driver says of it.
struct Kernel {
  std::string name;  ///< as the kernel file's launch calls it
  CUfunction function = nullptr;
  std::vector<Parameter> parameters;
  int registers = 0;
  int local_bytes = 0;
  int static_shared = 0;
  int max_threads = 0;  ///< in a block, given its registers and launch bounds
  std::int64_t opted_in_shared = 0;
  bool large_clusters = false;  ///< more than 8 blocks opted in
};

class CudaProgram final : public Program {
 public:
  /// `compile_ms`: nothing when the cubin came from the cache. Throws DeviceError when the driver refuses it.
  CudaProgram(ContextPtr context, const DeviceFacts& facts, const std::string& name, const Cubin& cubin,
              const std::vector<std::string>& entries, std::optional<double> compile_ms);

  const std::string& log() const override { return log_; }
  std::optional<double> compile_ms() const override { return compile_ms_; }

  /// Starts one launch in the context's stream. Throws DeviceError when it asks for what the GPU or the kernel has not.
  void enqueue(const Launch& launch);
  /// Facts of the launch with the most threads; checks all of them as enqueue() would.
  CompileFacts inspect(const std::vector<Launch>& launches);

 private:
  struct Configured;
  Kernel& kernel_of(const Launch& launch);
  void check_and_opt_in(Kernel& kernel, const Launch& launch);
  Configured configured(Kernel& kernel, const Launch& launch);
  CompileFacts facts_of(const Launch& launch);

  ContextPtr context_;
  DeviceFacts facts_;
  Module module_;
  std::vector<Kernel> kernels_;  ///< one for each entry
  std::string log_;
  std::optional<double> compile_ms_;
};

}  // namespace knobscope::device::cuda
