#include "device/cuda/nvml.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include <dlfcn.h>
#include <fmt/format.h>

namespace knobscope::device::cuda {
namespace {

constexpr int kSuccess = 0;
constexpr int kNotSupported = 3;
constexpr int kNoPermission = 4;
constexpr int kInsufficientSize = 7;
constexpr unsigned kClockGraphics = 0;
constexpr unsigned kClockSm = 1;
constexpr unsigned kClockMemory = 2;
constexpr unsigned kTemperatureGpu = 0;

/// nvmlProcessInfo_t of the functions with _v3.
struct ProcessInfo {
  unsigned pid;
  unsigned long long used_memory;
  unsigned gpu_instance;
  unsigned compute_instance;
};

std::string_view reason_of(int result) {
  if (result == kNotSupported) return "not supported";
  if (result == kNoPermission) return "no permission";
  return "the driver gave an error";
}

void add_untold(Surroundings& found, std::string_view what, std::string_view why) {
  found.untold += fmt::format("{}{}: {}", found.untold.empty() ? "" : "; ", what, why);
}

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
  int (*application_clock)(void*, unsigned, unsigned*) = nullptr;
  int (*ecc_mode)(void*, unsigned*, unsigned*) = nullptr;
  int (*mig_mode)(void*, unsigned*, unsigned*) = nullptr;
  int (*compute_processes)(void*, unsigned*, ProcessInfo*) = nullptr;
  int (*graphics_processes)(void*, unsigned*, ProcessInfo*) = nullptr;
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
  find(f.library, "nvmlDeviceGetApplicationsClock", &f.application_clock);
  find(f.library, "nvmlDeviceGetEccMode", &f.ecc_mode);
  find(f.library, "nvmlDeviceGetMigMode", &f.mig_mode);
  find(f.library, "nvmlDeviceGetComputeRunningProcesses_v3", &f.compute_processes);
  find(f.library, "nvmlDeviceGetGraphicsRunningProcesses_v3", &f.graphics_processes);
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

Surroundings Nvml::settings() const {
  const Functions& f = *functions_;
  Surroundings found;
  // Calls a function of the library, and notes why it did not tell.
  const auto ask = [&](std::string_view what, auto* function, auto... arguments) {
    const int result = function != nullptr ? function(device_, arguments...) : kNotSupported;
    if (result != kSuccess) add_untold(found, what, reason_of(result));
    return result == kSuccess;
  };
  unsigned value = 0;
  unsigned other = 0;
  unsigned long long reasons = 0;
  ask("SM clock", f.clock, kClockSm, &value);
  ask("temperature", f.temperature, kTemperatureGpu, &value);
  ask("power", f.power, &value);
  ask("throttle reasons", f.throttle, &reasons);
  if (ask("highest SM clock", f.max_clock, kClockSm, &value) && value > 0) found.expected_sm_clock_mhz = value;
  // Not every GPU has application clocks, and none needs them.
  if (f.application_clock != nullptr && f.application_clock(device_, kClockGraphics, &value) == kSuccess && value > 0) {
    found.expected_sm_clock_mhz = std::min<double>(found.expected_sm_clock_mhz.value_or(value), value);
  }
  if (ask("ECC", f.ecc_mode, &value, &other)) found.ecc = value != 0;
  if (ask("MIG", f.mig_mode, &value, &other)) found.mig = value != 0;
  return found;
}

void Nvml::add_other_processes(Surroundings& found) const {
  const Functions& f = *functions_;
  constexpr std::string_view kWhat = "other processes";
  std::vector<unsigned> pids;
  for (const auto list : {f.compute_processes, f.graphics_processes}) {
    constexpr unsigned kMost = 256;
    std::vector<ProcessInfo> processes(kMost);
    unsigned count = kMost;
    const int result = list != nullptr ? list(device_, &count, processes.data()) : kNotSupported;
    if (result != kSuccess && result != kInsufficientSize) return add_untold(found, kWhat, reason_of(result));
    for (unsigned i = 0; i < std::min(count, kMost); ++i) pids.push_back(processes[i].pid);
  }
  std::ranges::sort(pids);
  const auto repeated = std::ranges::unique(pids);
  pids.erase(repeated.begin(), repeated.end());
  if (pids.empty()) return add_untold(found, kWhat, "the driver shows none, not even this one");
  // In a container the driver may know this process by another number; it is one of them all the same.
  found.other_processes = static_cast<int>(pids.size()) - 1;
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
