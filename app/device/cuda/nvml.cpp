#include "device/cuda/nvml.h"

#include <array>

#include <dlfcn.h>

namespace knobscope::device::cuda {
namespace {

constexpr int kSuccess = 0;
constexpr unsigned kClockSm = 1;
constexpr unsigned kClockMemory = 2;
constexpr unsigned kTemperatureGpu = 0;

template <typename Function>
void find(void* library, const char* name, Function** function) {
  *function = reinterpret_cast<Function*>(dlsym(library, name));
}

}  // namespace

struct Nvml::Functions {
  void* library = nullptr;
  int (*init)() = nullptr;
  int (*shutdown)() = nullptr;
  int (*handle_by_pci)(const char*, void**) = nullptr;
  int (*clock)(void*, unsigned, unsigned*) = nullptr;
  int (*max_clock)(void*, unsigned, unsigned*) = nullptr;
  int (*temperature)(void*, unsigned, unsigned*) = nullptr;
  int (*power)(void*, unsigned*) = nullptr;
  int (*throttle)(void*, unsigned long long*) = nullptr;
  int (*driver_version)(char*, unsigned) = nullptr;
};

Nvml::Nvml() : functions_(std::make_unique<Functions>()) {}

Nvml::~Nvml() {
  if (functions_->library == nullptr) return;
  if (device_ != nullptr && functions_->shutdown != nullptr) functions_->shutdown();
  dlclose(functions_->library);
}

std::unique_ptr<Nvml> Nvml::open(const std::string& pci_bus_id) {
  std::unique_ptr<Nvml> nvml(new Nvml);
  Functions& f = *nvml->functions_;
  f.library = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
  if (f.library == nullptr) return nullptr;
  find(f.library, "nvmlInit_v2", &f.init);
  find(f.library, "nvmlShutdown", &f.shutdown);
  find(f.library, "nvmlDeviceGetHandleByPciBusId_v2", &f.handle_by_pci);
  find(f.library, "nvmlDeviceGetClockInfo", &f.clock);
  find(f.library, "nvmlDeviceGetMaxClockInfo", &f.max_clock);
  find(f.library, "nvmlDeviceGetTemperature", &f.temperature);
  find(f.library, "nvmlDeviceGetPowerUsage", &f.power);
  find(f.library, "nvmlDeviceGetCurrentClocksEventReasons", &f.throttle);
  if (f.throttle == nullptr) find(f.library, "nvmlDeviceGetCurrentClocksThrottleReasons", &f.throttle);  // its old name
  find(f.library, "nvmlSystemGetDriverVersion", &f.driver_version);
  if (f.init == nullptr || f.handle_by_pci == nullptr || f.init() != kSuccess) return nullptr;
  if (f.handle_by_pci(pci_bus_id.c_str(), &nvml->device_) != kSuccess || nvml->device_ == nullptr) {
    nvml->device_ = nullptr;
    if (f.shutdown != nullptr) f.shutdown();
    return nullptr;
  }
  return nvml;
}

Telemetry Nvml::read() const {
  const Functions& f = *functions_;
  Telemetry telemetry;
  unsigned value = 0;
  if (f.clock != nullptr && f.clock(device_, kClockSm, &value) == kSuccess) telemetry.sm_clock_mhz = value;
  if (f.clock != nullptr && f.clock(device_, kClockMemory, &value) == kSuccess) telemetry.memory_clock_mhz = value;
  if (f.temperature != nullptr && f.temperature(device_, kTemperatureGpu, &value) == kSuccess) {
    telemetry.temperature_c = value;
  }
  if (f.power != nullptr && f.power(device_, &value) == kSuccess) telemetry.power_w = value / 1000.0;
  unsigned long long reasons = 0;
  if (f.throttle != nullptr && f.throttle(device_, &reasons) == kSuccess) telemetry.throttle_reasons = reasons;
  return telemetry;
}

std::optional<std::string> Nvml::driver_version() const {
  std::array<char, 96> text{};
  if (functions_->driver_version == nullptr ||
      functions_->driver_version(text.data(), static_cast<unsigned>(text.size() - 1)) != kSuccess) {
    return std::nullopt;
  }
  return std::string(text.data());
}

std::optional<double> Nvml::highest_memory_clock_mhz() const {
  unsigned value = 0;
  if (functions_->max_clock == nullptr || functions_->max_clock(device_, kClockMemory, &value) != kSuccess) {
    return std::nullopt;
  }
  return value;
}

}  // namespace knobscope::device::cuda
