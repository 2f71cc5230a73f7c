#pragma once
// What else is to be known of a GPU that is measured: the clock it should run at, who else uses it, how it is set.

#include <chrono>
#include <optional>

#include "device/cuda/driver.h"
#include "device/cuda/nvml.h"

namespace knobscope::device::cuda {

class SurroundingsFinder {
 public:
  /// `nvml` may be null: only what the driver knows is told then, and that the rest is not. Both outlive it.
  SurroundingsFinder(const Driver& driver, CUdevice device, const Nvml* nvml)
      : driver_(driver), device_(device), nvml_(nvml) {}

  /// Who else uses the GPU is asked every time, which takes some 20 us; how it is set takes milliseconds, and is asked
  /// every ten seconds.
  Surroundings find();

 private:
  Surroundings settings() const;

  const Driver& driver_;
  CUdevice device_;
  const Nvml* nvml_;
  Surroundings settings_;
  std::optional<std::chrono::steady_clock::time_point> asked_at_;
};

}  // namespace knobscope::device::cuda
