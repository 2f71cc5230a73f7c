#pragma once
// A kernel file compiled for the emulated device, in memory and attached to the hooks.

#include <cstdint>
#include <string>
#include <vector>

#include "device/emulated/hooks.h"
#include "device/emulated/shared_layout.h"
#include "device/host/loaded_object.h"
#include "device/host/work_folder.h"

namespace knobscope::device::emulated {

/// Exported by every compiled kernel file: takes the hooks; 0 when their version is the one it was compiled for.
inline constexpr const char* kAttachFunction = "knobscope_emulated_attach";
/// Exported too: an address in the calling thread's copy of the shared variables.
inline constexpr const char* kAnchorFunction = "knobscope_emulated_anchor";

class LoadedKernel {
 public:
  /// Throws DeviceError.
  LoadedKernel(const std::string& code, const std::filesystem::path& cache_folder);

  const host::bridge::Entry& entry(int launch) const { return object_.entry(launch); }
  const SharedLayout& shared() const { return shared_; }
  /// The __constant__ variable at an address; null when there is none.
  const ConstantVariable* constant_at(std::uintptr_t address) const;
  /// Where the calling thread's copy of the shared variables begins; makes the copy at the first call.
  std::uintptr_t shared_base() const;

  /// The object as the loader laid it out: code, constants and variables at namespace scope.
  std::uintptr_t image_base() const { return image_base_; }
  std::uint64_t image_bytes() const { return image_bytes_; }
  /// The offset of a return address in it; 0 when it is not the kernel's.
  std::uint32_t offset_of(const void* pc) const {
    const std::uintptr_t offset = reinterpret_cast<std::uintptr_t>(pc) - image_base_;
    return offset < image_bytes_ ? static_cast<std::uint32_t>(offset) : 0;
  }
  /// The shared object on disk, for whoever resolves addresses.
  std::string file() const;

 private:
  host::WorkFolder folder_;
  host::LoadedObject object_;
  SharedLayout shared_;
  std::vector<ConstantVariable> constants_;
  std::uintptr_t image_base_ = 0;
  std::uint64_t image_bytes_ = 0;
  void* (*anchor_)() = nullptr;
};

}  // namespace knobscope::device::emulated
