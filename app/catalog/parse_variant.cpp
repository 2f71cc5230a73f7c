#include <algorithm>
#include <charconv>
#include <filesystem>

#include <fmt/format.h>
#include <xxhash.h>

#include "catalog/catalog.h"
#include "catalog/front_matter.h"
#include "catalog/variant_reader.h"
#include "catalog/vocabulary.h"
#include "core/nearest.h"

namespace knobscope::catalog {
namespace {

constexpr std::size_t kLargestFile = std::size_t{4} << 20;

std::string hash_text(const std::string& text, const std::string& headers_hash) {
  std::string all = text;
  all += '\0';
  all += headers_hash;
  const XXH128_hash_t hash = XXH3_128bits(all.data(), all.size());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

bool stumbles(std::string_view toml) {
  try {
    static_cast<void>(toml::parse(toml));
  } catch (const TomlAssertion&) {
    return true;
  } catch (const toml::parse_error&) {  // the text was cut in the middle of something
  }
  return false;
}

/// TomlAssertion has no position. The parser reads forward, so it stumbles over exactly those beginnings of the text
/// that hold the bad line: halving finds the shortest.
int line_of_assertion(const std::string& text) {
  std::vector<std::size_t> line_ends;
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 1)) line_ends.push_back(at);
  line_ends.push_back(text.size());
  const auto bad = std::ranges::partition_point(
      line_ends, [&text](std::size_t end) { return !stumbles(std::string_view(text).substr(0, end)); });
  return bad == line_ends.end() ? 0 : static_cast<int>(bad - line_ends.begin()) + 1;
}

/// The device that the file's ending says.
void read_ending(const std::string& extension, Variant& variant) {
  if (extension == ".cu") {
    variant.device = DeviceKind::cuda;
  } else if (extension == ".cpp") {
    variant.device = DeviceKind::cpu;
  } else {
    throw Mistake{0, "A kernel file ends in .cu (CUDA) or .cpp (CPU): rename it."};
  }
}

/// Order and name, of the file's name without its ending.
void read_stem(const std::string& stem, Variant& variant) {
  std::size_t digits = 0;
  while (digits < stem.size() && stem[digits] >= '0' && stem[digits] <= '9') ++digits;
  variant.order = kUnnumberedOrder;
  variant.name = stem;
  if (digits > 0 && digits < stem.size() && (stem[digits] == '_' || stem[digits] == '-')) {
    const auto [end, error] = std::from_chars(stem.data(), stem.data() + digits, variant.order);
    if (error != std::errc() || variant.order >= kUnnumberedOrder) {
      throw Mistake{0, fmt::format("The file's number is too large: use one below {}.", kUnnumberedOrder)};
    }
    variant.name = stem.substr(digits + 1);
  }
}

/// What the path under kernels/ says: operation, device, order and name.
void read_id(const std::string& id, Variant& variant) {
  const std::size_t slash = id.find('/');
  const std::size_t dot = id.rfind('.');
  if (slash == std::string::npos || slash == 0 || id.find('/', slash + 1) != std::string::npos ||
      dot == std::string::npos || dot < slash) {
    throw Mistake{0,
                  "A kernel file belongs directly into an operation's folder: kernels/<operation>/<name>.cu or .cpp."};
  }
  const std::string folder = id.substr(0, slash);
  const std::optional<Operation> operation = operation_named(folder);
  if (!operation) {
    throw Mistake{0, fmt::format("There is no operation '{}'.{} Move the file into one of kernels/{}/.", folder,
                                 did_you_mean(folder, operation_names()), fmt::join(operation_names(), "/, kernels/"))};
  }
  variant.operation = *operation;
  const std::string extension = id.substr(dot);
  read_ending(extension, variant);
  read_stem(id.substr(slash + 1, dot - slash - 1), variant);
  const bool fine = !variant.name.empty() && std::ranges::all_of(variant.name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
  if (!fine) {
    throw Mistake{0,
                  "The file's name must be letters, digits, '_' and '-', after an optional number: rename it to "
                  "something like 05_welford" +
                      extension + "."};
  }
}

/// What the path of a file outside kernels/ says: device, order and name. Nobody asks for it by name, so the name may
/// be anything.
void read_lone_path(const std::filesystem::path& path, Variant& variant) {
  read_ending(path.extension().string(), variant);
  read_stem(path.stem().string(), variant);
  if (variant.name.empty()) variant.name = path.filename().string();
}

/// No folder of ours says the operation of a file outside kernels/: its front matter does, or its own folder's name.
void read_lone_operation(const std::filesystem::path& path, const FrontMatter& matter, const toml::table& root,
                         Variant& variant) {
  const std::optional<Operation> of_folder = operation_named(path.parent_path().filename().string());
  if (of_folder) variant.operation = *of_folder;
  const toml::node* said = root.get("operation");
  if (said == nullptr) {
    if (of_folder) return;
    throw Mistake{matter.line,
                  fmt::format("The file does not say what it computes: add a line such as operation = \"{}\" to its "
                              "front matter. There are: {}.",
                              operation_names().front(), fmt::join(operation_names(), ", "))};
  }
  // A word that is no operation is refused with the rest of the front matter.
  const auto* word = said->as_string();
  if (const auto operation = word != nullptr ? operation_named(word->get()) : std::nullopt) {
    variant.operation = *operation;
  }
}

/// `lone`: outside kernels/, where `id` is the whole path.
std::variant<Variant, CatalogFault> parse_file(const std::string& id, const std::string& text,
                                               const std::string& headers_hash, bool lone) {
  std::string toml_text;
  try {
    Variant variant;
    variant.id = id;
    if (lone) {
      read_lone_path(id, variant);
    } else {
      read_id(id, variant);
    }
    if (text.size() > kLargestFile) throw Mistake{0, "The file is larger than 4 MiB: a kernel file is source text."};
    const auto found = find_front_matter(text);
    if (const auto* mistake = std::get_if<Mistake>(&found)) throw *mistake;
    const auto& matter = std::get<FrontMatter>(found);
    toml_text = matter.toml;
    const toml::table root = toml::parse(toml_text);
    if (lone) read_lone_operation(id, matter, root, variant);
    read_front_matter(root, matter.line, variant);
    variant.source = text;
    variant.source_hash = hash_text(text, headers_hash);
    return variant;
  } catch (const Mistake& mistake) {
    return CatalogFault{id, mistake.line, mistake.message};
  } catch (const toml::parse_error& error) {
    return CatalogFault{id, static_cast<int>(error.source().begin.line),
                        fmt::format("The front matter is not valid TOML: {}.", error.description())};
  } catch (const TomlAssertion& error) {
    return CatalogFault{id, line_of_assertion(toml_text),
                        fmt::format("The front matter is not valid TOML: {}.", error.what())};
  }
}

}  // namespace

int line_of_arguments(const Variant& variant, std::size_t launch) {
  const auto found = find_front_matter(variant.source);
  const auto* matter = std::get_if<FrontMatter>(&found);
  if (matter == nullptr) return 0;
  try {
    const toml::table root = toml::parse(matter->toml);
    const auto arguments = root["launches"][launch]["arguments"];
    return arguments ? line_of(*arguments.node()) : 0;
  } catch (const toml::parse_error&) {
    return 0;
  } catch (const TomlAssertion&) {
    return 0;
  }
}

std::variant<Variant, CatalogFault> parse_variant(const std::string& id, const std::string& text,
                                                  const std::string& headers_hash) {
  return parse_file(id, text, headers_hash, /*lone=*/false);
}

std::variant<Variant, CatalogFault> parse_lone_variant(const std::string& path, const std::string& text,
                                                       const std::string& headers_hash) {
  return parse_file(path, text, headers_hash, /*lone=*/true);
}

}  // namespace knobscope::catalog
