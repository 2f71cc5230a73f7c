#include "device/cuda/surroundings.h"

namespace knobscope::device::cuda {
namespace {

constexpr std::chrono::seconds kAskEvery{10};

}  // namespace

Surroundings SurroundingsFinder::find() {
  const auto now = std::chrono::steady_clock::now();
  if (!asked_at_ || now - *asked_at_ >= kAskEvery) {
    settings_ = settings();
    asked_at_ = now;
  }
  Surroundings found = settings_;
  if (nvml_ != nullptr) nvml_->add_other_processes(found);
  return found;
}

Surroundings SurroundingsFinder::settings() const {
  Surroundings found;
  if (nvml_ != nullptr) {
    found = nvml_->settings();
  } else {
    found.untold = "clocks, power, temperature, other processes, ECC and MIG: NVML (libnvidia-ml.so.1) is not there";
  }
  int khz = 0;
  if (!found.expected_sm_clock_mhz &&
      driver_.cuDeviceGetAttribute(&khz, CU_DEVICE_ATTRIBUTE_CLOCK_RATE, device_) == CUDA_SUCCESS && khz > 0) {
    found.expected_sm_clock_mhz = khz * 1e-3;
  }
  return found;
}

}  // namespace knobscope::device::cuda
