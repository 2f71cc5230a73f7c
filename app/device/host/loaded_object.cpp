#include "device/host/loaded_object.h"

#include <cstdint>
#include <filesystem>
#include <fstream>

#include <dlfcn.h>
#include <fmt/format.h>

#include "device/device.h"

namespace knobscope::device::host {

LoadedObject::LoadedObject(const std::string& code, const std::string& work_folder) {
  // A name that was never loaded before: the loader recognises files it knows and would give back the old code.
  const std::filesystem::path path =
      std::filesystem::path(work_folder) / fmt::format("load.{:x}.so", reinterpret_cast<std::uintptr_t>(this));
  {
    std::ofstream file(path, std::ios::binary);
    file.write(code.data(), static_cast<std::streamsize>(code.size()));
    if (!file.flush()) {
      throw DeviceError(fmt::format("cannot write to {}: make room there or choose another cache folder", work_folder));
    }
  }
  handle_ = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  std::error_code ignored;
  std::filesystem::remove(path, ignored);  // the mapping stays
  if (handle_ == nullptr) throw DeviceError(fmt::format("the compiled kernel cannot be loaded: {}", ::dlerror()));
  entry_of_ = reinterpret_cast<const bridge::Entry* (*)(int)>(symbol(kEntryFunction));
  if (entry_of_ == nullptr) {
    ::dlclose(handle_);
    throw DeviceError("the compiled kernel does not tell its entries");
  }
}

LoadedObject::~LoadedObject() { ::dlclose(handle_); }

void* LoadedObject::symbol(const char* name) const { return ::dlsym(handle_, name); }

}  // namespace knobscope::device::host
