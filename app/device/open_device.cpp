// The list of devices, and opening one: the only place that knows which kinds this build has.

#include <charconv>
#include <exception>

#include <fmt/format.h>

#include "device/cpu/cpu_device.h"
#include "device/device.h"
#include "device/emulated/emulated_device.h"
#if defined(KNOBSCOPE_HAS_CUDA)
#include "device/cuda/cuda_device.h"
#endif

namespace knobscope::device {

std::vector<DeviceFacts> list_devices(std::vector<std::string>* notes) {
  std::vector<DeviceFacts> devices;
  const auto note = [notes](const std::string& sentence) {
    if (notes != nullptr) notes->push_back(sentence);
  };
#if defined(KNOBSCOPE_HAS_CUDA)
  try {
    devices = cuda::list(notes);
  } catch (const std::exception& error) {
    note(fmt::format("cuda: {}", error.what()));
  }
#endif
  try {
    devices.push_back(cpu::list(notes));
  } catch (const std::exception& error) {
    note(fmt::format("cpu: {}", error.what()));
  }
  try {
    devices.push_back(emulated::list(notes));
  } catch (const std::exception& error) {
    note(fmt::format("emulated: {}", error.what()));
  }
  return devices;
}

DevicePtr open_device(std::string_view id, const Options& options) {
  if (id == "cpu") return cpu::open(options);
  if (id == "emulated") return emulated::open(options);
#if defined(KNOBSCOPE_HAS_CUDA)
  if (id == "cuda") return cuda::open(0, options);
  if (id.starts_with("cuda:")) {
    const std::string_view number = id.substr(5);
    int ordinal = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), ordinal);
    if (error == std::errc{} && end == number.data() + number.size() && ordinal >= 0)
      return cuda::open(ordinal, options);
  }
#endif
  std::string known;
  for (const DeviceFacts& device : list_devices(nullptr))
    known += fmt::format("{}{}", known.empty() ? "" : ", ", device.id);
#if !defined(KNOBSCOPE_HAS_CUDA)
  if (id.starts_with("cuda")) {
    throw DeviceError(fmt::format("this build has no CUDA devices; there are: {}", known));
  }
#endif
  throw DeviceError(fmt::format("there is no device {}; there are: {}", id, known));
}

}  // namespace knobscope::device
