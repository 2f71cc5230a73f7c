#pragma once
// A buffer of the device interface: device memory between guard bands (device/guard_bands.h).

#include <cstdint>
#include <memory>

#include "device/cuda/context.h"
#include "device/cuda/own_program.h"
#include "device/guard_bands.h"

namespace knobscope::device::cuda {

class CudaBuffer final : public Buffer {
 public:
  /// Allocates, and starts writing the bands by `program` (memory.cu). Throws DeviceError.
  CudaBuffer(ContextPtr context, std::shared_ptr<const OwnProgram> program, std::int64_t bytes);

  void* data() const override;
  std::int64_t size() const override { return bytes_; }
  CUdeviceptr address() const { return memory_.address() + static_cast<CUdeviceptr>(layout_.data); }

  /// Waits. False when anything wrote into the bands.
  bool guards_intact() const;

 private:
  ContextPtr context_;
  std::shared_ptr<const OwnProgram> program_;
  std::int64_t bytes_;
  GuardedLayout layout_;
  Memory memory_;
};

}  // namespace knobscope::device::cuda
