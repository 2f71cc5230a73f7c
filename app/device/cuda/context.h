#pragma once
// One GPU held by this process: its context, its stream, and memory on it.

#include <cstdint>
#include <memory>

#include "device/cuda/driver.h"
#include "device/device.h"

namespace knobscope::device::cuda {

/// The GPU's primary context and one stream of its own. Shared by everything that must not outlive it. Used by one
/// thread at a time; activate() makes it current for the calling one.
class Context {
 public:
  /// Throws DeviceError when the GPU cannot be had (another process holds it exclusively, out of memory).
  Context(std::shared_ptr<const Driver> driver, int ordinal);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  const Driver& driver() const { return *driver_; }
  CUdevice device() const { return device_; }
  CUcontext handle() const { return context_; }
  CUstream stream() const { return stream_; }
  void activate() const;
  /// The same in destructors: an error then no longer matters.
  void activate_quietly() const noexcept { driver_->cuCtxSetCurrent(context_); }
  /// Waits for the stream; throws DeviceLost when something in it faulted.
  void synchronize(const char* doing) const;

 private:
  std::shared_ptr<const Driver> driver_;
  CUdevice device_ = 0;
  CUcontext context_ = nullptr;
  CUstream stream_ = nullptr;
};

using ContextPtr = std::shared_ptr<const Context>;

/// Plain device memory. Freed when it goes, also after the context broke.
class Memory {
 public:
  Memory() = default;
  /// Throws DeviceError that says how much was wanted and how much is free.
  Memory(ContextPtr context, std::int64_t bytes);
  ~Memory();
  Memory(Memory&& other) noexcept;
  Memory& operator=(Memory&& other) noexcept;

  CUdeviceptr address() const { return address_; }
  std::int64_t size() const { return size_; }

 private:
  ContextPtr context_;
  CUdeviceptr address_ = 0;
  std::int64_t size_ = 0;
};

/// "1.5 GiB", for messages.
std::string format_bytes(std::int64_t bytes);

}  // namespace knobscope::device::cuda
