#include "device/cuda/gpu_facts.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include <fmt/format.h>

namespace knobscope::device::cuda {
namespace {

// Clock times bus width times two transfers a clock, as the memories of GPUs do.
std::optional<BytesPerSecond> peak_bandwidth(int clock_khz, int bus_bits, const Nvml* nvml) {
  double clock_hz = 1e3 * clock_khz;
  if (clock_khz <= 0 && nvml != nullptr) clock_hz = 1e6 * nvml->highest_memory_clock_mhz().value_or(0.0);
  if (clock_hz <= 0.0 || bus_bits <= 0) return std::nullopt;
  return BytesPerSecond{2.0 * clock_hz * bus_bits / 8.0};
}

}  // namespace

std::string pci_bus_id(const Driver& driver, CUdevice device) {
  std::array<char, 32> text{};
  if (driver.cuDeviceGetPCIBusId(text.data(), static_cast<int>(text.size()), device) != CUDA_SUCCESS) return {};
  return text.data();
}

std::string uuid_of(const Driver& driver, CUdevice device) {
  CUuuid uuid{};
  if (driver.cuDeviceGetUuid(&uuid, device) != CUDA_SUCCESS) return {};
  std::array<std::uint8_t, 16> bytes{};
  std::ranges::transform(uuid.bytes, bytes.begin(), [](char byte) { return static_cast<std::uint8_t>(byte); });
  return format_uuid(bytes);
}

DeviceFacts facts_of(const Driver& driver, int ordinal, const NvrtcLibrary& nvrtc, const Nvml* nvml) {
  const std::string doing = "asking about GPU " + std::to_string(ordinal);
  CUdevice device = 0;
  KNOBSCOPE_CU(driver, doing, cuDeviceGet(&device, ordinal));
  std::array<char, 256> name{};
  KNOBSCOPE_CU(driver, doing, cuDeviceGetName(name.data(), static_cast<int>(name.size() - 1), device));
  std::size_t memory = 0;
  KNOBSCOPE_CU(driver, doing, cuDeviceTotalMem(&memory, device));
  const auto attribute = [&](CUdevice_attribute which) {
    int value = 0;
    KNOBSCOPE_CU(driver, doing, cuDeviceGetAttribute(&value, which, device));
    return value;
  };
  // What a driver may have no answer to, and the GPU is of use without; 0 then.
  const auto optional_attribute = [&](CUdevice_attribute which) {
    int value = 0;
    return driver.cuDeviceGetAttribute(&value, which, device) == CUDA_SUCCESS ? value : 0;
  };

  DeviceFacts facts;
  facts.id = fmt::format("cuda:{}", ordinal);
  facts.kind = DeviceKind::cuda;
  facts.name = name.data();
  facts.uuid = uuid_of(driver, device);
  std::optional<std::string> version;
  if (nvml != nullptr) version = nvml->driver_version();
  facts.driver_version =
      version ? *version : fmt::format("CUDA {}.{}", driver.version / 1000, driver.version % 1000 / 10);
  facts.toolkit_version = nvrtc.version_text();
  facts.memory = Bytes{static_cast<std::int64_t>(memory)};
  facts.last_level_cache = Bytes{attribute(CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE)};
  facts.peak_bandwidth = peak_bandwidth(optional_attribute(CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE),
                                        optional_attribute(CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH), nvml);
  facts.compute_capability = 10 * attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR) +
                             attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
  facts.multiprocessors = attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
  facts.warp_size = attribute(CU_DEVICE_ATTRIBUTE_WARP_SIZE);
  facts.max_threads_per_block = attribute(CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK);
  facts.max_threads_per_multiprocessor = attribute(CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR);
  facts.registers_per_multiprocessor = attribute(CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_MULTIPROCESSOR);
  facts.shared_per_block = Bytes{attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK)};
  facts.shared_per_block_optin = Bytes{attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN)};
  facts.shared_per_multiprocessor = Bytes{attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR)};
  facts.cooperative_launch = attribute(CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH) != 0;
  facts.clusters = optional_attribute(CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH) != 0;
  return facts;
}

}  // namespace knobscope::device::cuda
