#pragma once
// A kernel's __shared__ and __constant__ variables, as its shared object lists them. The former are thread-local: each
// core that plays blocks has one copy of them, which belongs to the block it is playing.

#include <cstdint>
#include <string>
#include <vector>

namespace knobscope::device::emulated {

/// Name that every `extern __shared__` array stands for: the dynamic shared memory of a launch.
inline constexpr const char* kDynamicShared = "knobscope_dynamic_shared";
/// Most bytes of it, as on a GPU of compute capability 9.0.
inline constexpr std::uint32_t kMostSharedBytes = 227 * 1024;

struct SharedVariable {
  std::string name;  ///< as in the source, without the function or namespace around it
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  bool is_dynamic = false;
  bool is_compilers = false;  ///< guards of initialisations: not the kernel's memory
};

struct SharedLayout {
  std::uint64_t bytes = 0;   ///< of the thread-local block
  std::uint64_t anchor = 0;  ///< offset of the variable whose address tells where the block is
  std::vector<SharedVariable> variables;
};

/// Owner of each byte, by number in `variables` + 1; 0: nobody's. Dynamic arrays end after `dynamic_bytes`.
std::vector<std::uint8_t> owners_of(const SharedLayout& layout, std::uint64_t dynamic_bytes);

/// What an object or shared object (64-bit ELF) says of its thread-local variables. Throws DeviceError when it is none.
SharedLayout read_shared_layout(const std::string& elf);

struct ConstantVariable {
  std::string name;          ///< as in the source
  std::uint64_t offset = 0;  ///< in the shared object as it is loaded
  std::uint64_t size = 0;
};

/// The __constant__ variables of a shared object, by offset. Throws DeviceError when it is none.
std::vector<ConstantVariable> read_constants(const std::string& elf);

/// Names (mangled) of thread-local variables that an object file uses but does not define: `extern __shared__` arrays.
std::vector<std::string> undefined_thread_locals(const std::string& elf);

}  // namespace knobscope::device::emulated
