#pragma once
// A compiled kernel file in memory, and the check of a launch against its functions' signatures.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "device/cpu/entry_bridge.h"
#include "device/cpu/thread_pool.h"
#include "device/device.h"

namespace knobscope::device::cpu {

/// The shared object; unloaded with the last that holds it.
class LoadedObject {
 public:
  /// Writes `code` to a file of its own below `work_folder` and loads it. Throws DeviceError.
  LoadedObject(const std::string& code, const std::string& work_folder);
  ~LoadedObject();
  LoadedObject(const LoadedObject&) = delete;
  LoadedObject& operator=(const LoadedObject&) = delete;

  const bridge::Entry& entry(int launch) const { return *entry_of_(launch); }

 private:
  void* handle_ = nullptr;
  const bridge::Entry* (*entry_of_)(int) = nullptr;
};

class CpuProgram final : public Program {
 public:
  CpuProgram(std::shared_ptr<const LoadedObject> object, std::vector<std::string> entries, std::string log,
             std::optional<double> compile_ms);

  const std::string& log() const override { return log_; }
  std::optional<double> compile_ms() const override { return compile_ms_; }
  const std::vector<std::string>& entries() const { return entries_; }
  const std::shared_ptr<const LoadedObject>& object() const { return object_; }

 private:
  std::shared_ptr<const LoadedObject> object_;
  std::vector<std::string> entries_;
  std::string log_;
  std::optional<double> compile_ms_;
};

/// A launch whose arguments fit the function: nothing left that can fail.
struct BoundLaunch {
  std::shared_ptr<const LoadedObject> object;  ///< keeps the code while it is needed
  std::string name;
  const bridge::Entry* entry = nullptr;
  std::vector<bridge::Slot> slots;
  std::unique_ptr<bool[]> is_block_index;
  std::int64_t blocks = 0;

  /// Throws Cancelled, and DeviceError when the kernel throws.
  void run(ThreadPool& pool, const std::atomic<bool>& stop) const;
};

/// Checks every argument against its parameter. Throws DeviceError that names the kernel and the argument.
BoundLaunch bind(const CpuProgram& program, const Launch& launch);

}  // namespace knobscope::device::cpu
