#pragma once
// A compiled kernel file in memory.

#include <string>

#include "device/host/entry_bridge.h"

namespace knobscope::device::host {

/// Name of the function in the shared object that gives the entries: const bridge::Entry*(int launch).
inline constexpr const char* kEntryFunction = "knobscope_entry";

/// The shared object; unloaded with the last that holds it.
class LoadedObject {
 public:
  /// Writes `code` to a file of its own below `work_folder` and loads it. Throws DeviceError.
  LoadedObject(const std::string& code, const std::string& work_folder);
  ~LoadedObject();
  LoadedObject(const LoadedObject&) = delete;
  LoadedObject& operator=(const LoadedObject&) = delete;

  const bridge::Entry& entry(int launch) const { return *entry_of_(launch); }

  /// The address of what the object exports by this name; null when it exports none. Valid as long as the object is.
  void* symbol(const char* name) const;
  /// What dlopen gave: for asking the loader where the object lies (dlinfo).
  void* handle() const { return handle_; }

 private:
  void* handle_ = nullptr;
  const bridge::Entry* (*entry_of_)(int) = nullptr;
};

}  // namespace knobscope::device::host
