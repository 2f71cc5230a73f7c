#pragma once
// NVIDIA's management library: clocks, temperature, power and why the GPU slows down. Opened when the program runs,
// with its own prototypes, for the header does not come with the driver.

#include <memory>
#include <optional>
#include <string>

#include "device/device.h"

namespace knobscope::device::cuda {

/// One GPU as NVML sees it. Everything is optional: virtual GPUs and old drivers leave things out.
class Nvml {
 public:
  /// Opens the library and finds the GPU by its PCI address ("0000:1b:00.0"). Null when either is missing.
  static std::unique_ptr<Nvml> open(const std::string& pci_bus_id);
  ~Nvml();
  Nvml(const Nvml&) = delete;
  Nvml& operator=(const Nvml&) = delete;

  /// From any thread.
  Telemetry read() const;
  std::optional<std::string> driver_version() const;  ///< "580.159.04"
  std::optional<double> highest_memory_clock_mhz() const;
  /// All of it but the other processes. Two milliseconds on an H200.
  Surroundings settings() const;
  /// Fills in how many processes but this one use the GPU.
  void add_other_processes(Surroundings& found) const;

 private:
  Nvml();
  struct Functions;
  std::unique_ptr<Functions> functions_;
  void* device_ = nullptr;
};

}  // namespace knobscope::device::cuda
