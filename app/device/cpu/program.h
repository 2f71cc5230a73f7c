#pragma once
// A kernel file that was compiled for the CPU, and its launches: one call for each block.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "device/device.h"
#include "device/host/arguments.h"
#include "device/host/loaded_object.h"
#include "device/host/thread_pool.h"

namespace knobscope::device::cpu {

class CpuProgram final : public Program {
 public:
  CpuProgram(std::shared_ptr<const host::LoadedObject> object, std::vector<std::string> entries, std::string log,
             std::optional<double> compile_ms);

  const std::string& log() const override { return log_; }
  std::optional<double> compile_ms() const override { return compile_ms_; }
  const std::vector<std::string>& entries() const { return entries_; }
  const std::shared_ptr<const host::LoadedObject>& object() const { return object_; }

 private:
  std::shared_ptr<const host::LoadedObject> object_;
  std::vector<std::string> entries_;
  std::string log_;
  std::optional<double> compile_ms_;
};

/// A launch whose arguments fit the function: nothing left that can fail.
struct BoundLaunch {
  std::shared_ptr<const host::LoadedObject> object;  ///< keeps the code while it is needed
  std::string name;
  const host::bridge::Entry* entry = nullptr;
  host::BoundArguments arguments;
  std::int64_t blocks = 0;

  /// Throws Cancelled, and DeviceError when the kernel throws.
  void run(host::ThreadPool& pool, const std::atomic<bool>& stop) const;
};

/// Checks that the launch fits a CPU and every argument its parameter. Throws DeviceError that names the kernel and the
/// argument.
BoundLaunch bind(const CpuProgram& program, const Launch& launch);

}  // namespace knobscope::device::cpu
