#include <algorithm>
#include <fstream>
#include <sstream>
#include <tuple>

#include <fmt/format.h>
#include <xxhash.h>

#include "catalog/catalog.h"

namespace knobscope::catalog {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kIncludeFolder = "include";

std::optional<std::string> read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  // An empty file sets failbit on the stream that receives nothing; only the source's own error counts.
  if (!file.is_open() || file.bad()) return std::nullopt;
  return std::move(text).str();
}

/// Editors leave files such as ".#kernel.cu" and "#kernel.cu#" beside the one being edited.
bool is_hidden(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.empty() || name[0] == '.' || name[0] == '#';
}

bool is_kernel_file(const fs::path& path) {
  return !is_hidden(path) && (path.extension() == ".cu" || path.extension() == ".cpp");
}

/// The entries of a folder in name order; empty when it cannot be read.
std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    entries.push_back(it->path());
  }
  std::ranges::sort(entries);
  return entries;
}

using Parse = decltype(parse_variant);

void add_file(const fs::path& path, const std::string& id, const std::string& headers_hash, Parse& parse,
              Catalog& catalog) {
  std::error_code error;
  const bool is_file = fs::is_regular_file(path, error);  // reading a pipe would wait forever
  const std::optional<std::string> text = is_file ? read_file(path) : std::nullopt;
  if (!text) {
    catalog.faults.push_back({id, 0, "The file cannot be read: check that it is a file, and its permissions."});
    return;
  }
  auto parsed = parse(id, *text, headers_hash);
  if (auto* fault = std::get_if<CatalogFault>(&parsed)) {
    catalog.faults.push_back(std::move(*fault));
  } else {
    catalog.variants.push_back(std::move(std::get<Variant>(parsed)));
  }
}

void sort_as_a_story(std::vector<Variant>& variants) {
  std::ranges::stable_sort(variants, [](const Variant& a, const Variant& b) {
    return std::tie(a.operation, a.device, a.order, a.name) < std::tie(b.operation, b.device, b.order, b.name);
  });
}

/// Of variants that --variant could not tell apart, the first in story order stays.
void refuse_duplicates(Catalog& catalog) {
  std::vector<Variant> unique;
  for (Variant& variant : catalog.variants) {
    const auto same = std::ranges::find_if(unique, [&variant](const Variant& other) {
      return other.operation == variant.operation && other.device == variant.device && other.name == variant.name;
    });
    if (same == unique.end()) {
      unique.push_back(std::move(variant));
    } else {
      catalog.faults.push_back(
          {variant.id, 0,
           fmt::format("The variant name '{}' is taken by {}: rename this file.", variant.name, same->id)});
    }
  }
  catalog.variants = std::move(unique);
}

}  // namespace

std::string hash_headers(const fs::path& kernels) {
  std::vector<fs::path> files;
  std::error_code error;
  const fs::path folder = kernels / kIncludeFolder;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (!is_hidden(it->path()) && it->is_regular_file(ignored)) files.push_back(it->path());
  }
  std::ranges::sort(files);
  std::string all;
  for (const fs::path& file : files) {
    const std::string text = read_file(file).value_or(std::string());
    // Lengths keep "ab" + "c" apart from "a" + "bc".
    const std::string name = file.lexically_relative(folder).generic_string();
    all += fmt::format("{} {} {} ", name.size(), name, text.size());
    all += text;
  }
  const XXH128_hash_t hash = XXH3_128bits(all.data(), all.size());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

Catalog scan(const fs::path& kernels, const std::vector<fs::path>& lone_files) {
  Catalog catalog;
  std::error_code error;
  if (!fs::is_directory(kernels, error)) {
    catalog.faults.push_back(
        {kernels.generic_string(), 0, "There is no such folder of kernels: name the one that holds <operation>/*.cu."});
    return catalog;
  }
  const std::string headers_hash = hash_headers(kernels);
  for (const fs::path& folder : entries_of(kernels)) {
    const std::string folder_name = folder.filename().generic_string();
    if (is_kernel_file(folder) && !fs::is_directory(folder, error)) {
      // Becomes a fault that says where it belongs.
      add_file(folder, folder_name, headers_hash, parse_variant, catalog);
      continue;
    }
    if (folder_name == kIncludeFolder || is_hidden(folder) || !fs::is_directory(folder, error)) continue;
    for (const fs::path& file : entries_of(folder)) {
      if (!is_kernel_file(file) || fs::is_directory(file, error)) continue;
      add_file(file, folder_name + '/' + file.filename().generic_string(), headers_hash, parse_variant, catalog);
    }
  }
  sort_as_a_story(catalog.variants);
  refuse_duplicates(catalog);
  // After that: a changed copy of a file of ours keeps its name.
  for (const fs::path& file : lone_files) {
    const fs::path whole = fs::absolute(file, error).lexically_normal();
    add_file(whole, whole.generic_string(), headers_hash, parse_lone_variant, catalog);
  }
  if (!lone_files.empty()) sort_as_a_story(catalog.variants);
  std::ranges::stable_sort(catalog.faults, [](const CatalogFault& a, const CatalogFault& b) {
    return std::tie(a.file, a.line) < std::tie(b.file, b.line);
  });
  return catalog;
}

}  // namespace knobscope::catalog
