#include "device/cuda/context.h"

#include <utility>

#include <fmt/format.h>

namespace knobscope::device::cuda {

Context::Context(std::shared_ptr<const Driver> driver, int ordinal) : driver_(std::move(driver)) {
  KNOBSCOPE_CU(*driver_, "looking for GPU " + std::to_string(ordinal), cuDeviceGet(&device_, ordinal));
  KNOBSCOPE_CU(*driver_, "opening GPU " + std::to_string(ordinal), cuDevicePrimaryCtxRetain(&context_, device_));
  try {
    activate();
    KNOBSCOPE_CU(*driver_, "making a stream", cuStreamCreate(&stream_, CU_STREAM_NON_BLOCKING));
  } catch (...) {
    driver_->cuDevicePrimaryCtxRelease(device_);
    throw;
  }
}

Context::~Context() {
  // Failures do not matter any more: after a fault every call fails, and the process is about to end.
  activate_quietly();
  driver_->cuStreamDestroy(stream_);
  driver_->cuDevicePrimaryCtxRelease(device_);
}

void Context::activate() const { KNOBSCOPE_CU(*driver_, "selecting the GPU", cuCtxSetCurrent(context_)); }

void Context::synchronize(const char* doing) const {
  KNOBSCOPE_CU(*driver_, std::string(doing), cuStreamSynchronize(stream_));
}

Memory::Memory(ContextPtr context, std::int64_t bytes) : context_(std::move(context)), size_(bytes) {
  const Driver& driver = context_->driver();
  const CUresult result = driver.cuMemAlloc(&address_, static_cast<std::size_t>(bytes));
  if (result == CUDA_SUCCESS) return;
  if (result == CUDA_ERROR_OUT_OF_MEMORY) {
    std::size_t free = 0;
    std::size_t total = 0;
    driver.cuMemGetInfo(&free, &total);
    throw DeviceError(
        fmt::format("the GPU has no {} left ({} of {} free): choose a smaller shape or close what else "
                    "uses the GPU",
                    format_bytes(bytes), format_bytes(static_cast<std::int64_t>(free)),
                    format_bytes(static_cast<std::int64_t>(total))));
  }
  throw_result(driver, result, "cuMemAlloc(", "allocating " + format_bytes(bytes));
}

Memory::~Memory() {
  if (address_ == 0) return;
  context_->activate_quietly();
  context_->driver().cuStreamSynchronize(context_->stream());
  context_->driver().cuMemFree(address_);
}

Memory::Memory(Memory&& other) noexcept
    : context_(std::move(other.context_)),
      address_(std::exchange(other.address_, 0)),
      size_(std::exchange(other.size_, 0)) {}

Memory& Memory::operator=(Memory&& other) noexcept {
  std::swap(context_, other.context_);
  std::swap(address_, other.address_);
  std::swap(size_, other.size_);
  return *this;
}

std::string format_bytes(std::int64_t bytes) {
  constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024.0 && unit + 1 < std::size(kUnits)) {
    value /= 1024.0;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.2f} {}", value, kUnits[unit]);
}

}  // namespace knobscope::device::cuda
