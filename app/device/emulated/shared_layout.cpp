#include "device/emulated/shared_layout.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>

#include <cxxabi.h>
#include <elf.h>

#include "device/device.h"
#include "device/emulated/hooks.h"

namespace knobscope::device::emulated {
namespace {

constexpr const char* kAnchor = "knobscope_anchor";
constexpr const char* kConstants = "knobscope_constant_";  // as words.h begins the names of their sections

// Reads structures out of the file's bytes, never past their end.
class Elf {
 public:
  explicit Elf(const std::string& bytes) : bytes_(bytes) {
    if (bytes.size() < sizeof(Elf64_Ehdr) || std::memcmp(bytes.data(), ELFMAG, SELFMAG) != 0 ||
        bytes[EI_CLASS] != ELFCLASS64) {
      throw DeviceError(
          "the compiled kernel is no 64-bit ELF file: the emulated device needs a compiler for such a "
          "system");
    }
    header_ = at<Elf64_Ehdr>(0);
  }

  template <typename T>
  T at(std::uint64_t offset) const {
    if (offset > bytes_.size() || sizeof(T) > bytes_.size() - offset) {
      throw DeviceError("the compiled kernel's ELF file is damaged: empty the cache folder");
    }
    T value;
    std::memcpy(&value, bytes_.data() + offset, sizeof value);
    return value;
  }
  std::string text_at(std::uint64_t offset) const {
    if (offset >= bytes_.size()) return {};
    const char* begin = bytes_.data() + offset;
    return {begin, ::strnlen(begin, bytes_.size() - offset)};
  }

  std::uint64_t thread_local_bytes() const {
    for (int i = 0; i < header_.e_phnum; ++i) {
      const auto segment = at<Elf64_Phdr>(header_.e_phoff + static_cast<std::uint64_t>(i) * header_.e_phentsize);
      if (segment.p_type == PT_TLS) return segment.p_memsz;
    }
    return 0;
  }

  /// Calls visit(symbol, name) for every symbol of this type: STT_TLS, STT_OBJECT.
  template <typename Visit>
  void each_symbol(unsigned type, Visit visit) const {
    for (int i = 0; i < header_.e_shnum; ++i) {
      const auto table = section(i);
      if (table.sh_type != SHT_SYMTAB || table.sh_entsize == 0) continue;
      const auto names = section(static_cast<int>(table.sh_link));
      for (std::uint64_t offset = 0; offset + table.sh_entsize <= table.sh_size; offset += table.sh_entsize) {
        const auto symbol = at<Elf64_Sym>(table.sh_offset + offset);
        if (ELF64_ST_TYPE(symbol.st_info) == type) visit(symbol, text_at(names.sh_offset + symbol.st_name));
      }
    }
  }

  /// The name of the section that a symbol lies in; empty where it is in none.
  std::string section_of(const Elf64_Sym& symbol) const {
    if (symbol.st_shndx == SHN_UNDEF || symbol.st_shndx >= header_.e_shnum) return {};
    return text_at(section(header_.e_shstrndx).sh_offset + section(symbol.st_shndx).sh_name);
  }

 private:
  Elf64_Shdr section(int number) const {
    return at<Elf64_Shdr>(header_.e_shoff + static_cast<std::uint64_t>(number) * header_.e_shentsize);
  }

  const std::string& bytes_;
  Elf64_Ehdr header_{};
};

// "of_warp" from "_ZZN9knobscope12block_reduceILi256EfEET0_S1_E7of_warp".
std::string plain_name(const std::string& mangled) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> demangled(
      abi::__cxa_demangle(mangled.c_str(), nullptr, nullptr, &status), &std::free);
  std::string name = status == 0 && demangled ? demangled.get() : mangled;
  if (const std::size_t at = name.rfind("::"); at != std::string::npos) name.erase(0, at + 2);
  // A second variable of one name in one function: "scratch.1", "scratch [clone]".
  return name.substr(0, name.find_first_of(". "));
}

}  // namespace

SharedLayout read_shared_layout(const std::string& elf) {
  const Elf file(elf);
  SharedLayout layout;
  layout.bytes = file.thread_local_bytes();
  file.each_symbol(STT_TLS, [&layout](const Elf64_Sym& symbol, const std::string& name) {
    if (symbol.st_shndx == SHN_UNDEF) return;
    if (name.find(kAnchor) != std::string::npos) {
      layout.anchor = symbol.st_value;
      return;
    }
    SharedVariable variable;
    variable.name = plain_name(name);
    variable.offset = symbol.st_value;
    variable.size = symbol.st_size;
    variable.is_dynamic = name == kDynamicShared;
    variable.is_compilers = name.starts_with("_ZGV") || name.starts_with("__tls_guard");
    if (variable.size > 0 || variable.is_dynamic) layout.variables.push_back(std::move(variable));
  });
  std::ranges::sort(layout.variables, {}, &SharedVariable::offset);
  return layout;
}

std::vector<std::uint8_t> owners_of(const SharedLayout& layout, std::uint64_t dynamic_bytes) {
  std::vector<std::uint8_t> owners(layout.bytes, 0);
  for (std::size_t i = 0; i < layout.variables.size(); ++i) {
    const SharedVariable& variable = layout.variables[i];
    const std::uint64_t size = variable.is_dynamic ? dynamic_bytes : variable.size;
    // Beyond 254 variables the last ones share a number: a step from one into the next goes unseen.
    const auto number = static_cast<std::uint8_t>(std::min<std::size_t>(i + 1, 255));
    for (std::uint64_t at = variable.offset; at < std::min(variable.offset + size, layout.bytes); ++at) {
      owners[at] = number;
    }
  }
  return owners;
}

std::vector<ConstantVariable> read_constants(const std::string& elf) {
  const Elf file(elf);
  std::vector<ConstantVariable> constants;
  file.each_symbol(STT_OBJECT, [&](const Elf64_Sym& symbol, const std::string& name) {
    if (!file.section_of(symbol).starts_with(kConstants)) return;
    constants.push_back({plain_name(name), symbol.st_value, symbol.st_size});
  });
  std::ranges::sort(constants, {}, &ConstantVariable::offset);
  return constants;
}

std::vector<std::string> undefined_thread_locals(const std::string& elf) {
  std::vector<std::string> names;
  Elf(elf).each_symbol(STT_TLS, [&names](const Elf64_Sym& symbol, const std::string& name) {
    if (symbol.st_shndx == SHN_UNDEF && !name.empty()) names.push_back(name);
  });
  return names;
}

}  // namespace knobscope::device::emulated
