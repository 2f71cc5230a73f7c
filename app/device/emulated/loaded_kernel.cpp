#include "device/emulated/loaded_kernel.h"

#include <algorithm>

#include <dlfcn.h>
#include <link.h>

#include "device/device.h"
#include "device/emulated/hook_table.h"
#include "device/host/compiler.h"

namespace knobscope::device::emulated {
namespace {

constexpr const char* kFileName = "kernel.so";

struct Image {
  std::uintptr_t base;
  std::uint64_t bytes = 0;
};

int take_extent(dl_phdr_info* info, std::size_t, void* data) {
  auto& image = *static_cast<Image*>(data);
  if (info->dlpi_addr != image.base) return 0;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    if (info->dlpi_phdr[i].p_type != PT_LOAD) continue;
    image.bytes = std::max<std::uint64_t>(image.bytes, info->dlpi_phdr[i].p_vaddr + info->dlpi_phdr[i].p_memsz);
  }
  return 1;
}

}  // namespace

LoadedKernel::LoadedKernel(const std::string& code, const std::filesystem::path& cache_folder)
    : folder_(cache_folder),
      object_(code, folder_.path()),
      shared_(read_shared_layout(code)),
      constants_(read_constants(code)) {
  using Attach = int (*)(unsigned, const knobscope::emulated::Hooks*);
  const auto attach = reinterpret_cast<Attach>(object_.symbol(kAttachFunction));
  anchor_ = reinterpret_cast<void* (*)()>(object_.symbol(kAnchorFunction));
  link_map* map = nullptr;
  if (attach == nullptr || anchor_ == nullptr || ::dlinfo(object_.handle(), RTLD_DI_LINKMAP, &map) != 0 ||
      attach(knobscope::emulated::kHooksVersion, &hook_table()) != 0) {
    throw DeviceError("the compiled kernel does not fit this version of the program: empty the cache folder");
  }
  Image image{map->l_addr};
  ::dl_iterate_phdr(&take_extent, &image);
  image_base_ = image.base;
  image_bytes_ = image.bytes;
  host::write_source(code, std::filesystem::path(folder_.path()) / kFileName);
}

const ConstantVariable* LoadedKernel::constant_at(std::uintptr_t address) const {
  const std::uint64_t offset = address - image_base_;
  const auto found = std::ranges::find_if(
      constants_, [offset](const ConstantVariable& each) { return offset - each.offset < each.size; });
  return found != constants_.end() ? &*found : nullptr;
}

std::uintptr_t LoadedKernel::shared_base() const {
  return reinterpret_cast<std::uintptr_t>(anchor_()) - shared_.anchor;
}

std::string LoadedKernel::file() const { return folder_.path() + "/" + kFileName; }

}  // namespace knobscope::device::emulated
