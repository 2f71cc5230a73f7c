#include "emulated/broken_kernels.h"

#include <sstream>
#include <stdexcept>

#include <checked_toml.h>
#include <fmt/format.h>

#include "catalog/catalog.h"

namespace knobscope::emulated_tests {
namespace {

[[noreturn]] void fail(const toml::node& node, const std::string& what) {
  throw std::runtime_error(fmt::format("{}:{}: {}", kBrokenTable, node.source().begin.line, what));
}

template <class T>
T need(const toml::table& entry, std::string_view key) {
  const toml::node* node = entry.get(key);
  if (node == nullptr) fail(entry, fmt::format("'{}' is missing", key));
  const auto value = node->value_exact<T>();
  if (!value) fail(*node, fmt::format("'{}' is of another type", key));
  return *value;
}

template <class T>
T value_or(const toml::table& entry, std::string_view key, T otherwise) {
  return entry.contains(key) ? need<T>(entry, key) : otherwise;
}

const toml::array& array_of(const toml::table& entry, std::string_view key) {
  const toml::node* node = entry.get(key);
  if (node == nullptr || !node->is_array()) fail(entry, fmt::format("'{}' must be a list", key));
  return *node->as_array();
}

std::set<FindingKind> kinds_of(const toml::table& entry, std::string_view key) {
  std::set<FindingKind> kinds;
  if (!entry.contains(key)) return kinds;
  for (const toml::node& node : array_of(entry, key)) {
    const auto kind = finding_kind_named(node.value_or(std::string_view()));
    if (!kind) fail(node, "there is no such kind of finding");
    kinds.insert(*kind);
  }
  return kinds;
}

Problem problem_of(const toml::table& entry, const std::string& file) {
  Problem problem;
  const auto operation = operation_named(file.substr(0, file.find('/')));
  const auto type = element_type_named(value_or<std::string>(entry, "type", "f32"));
  const auto distribution = distribution_named(value_or<std::string>(entry, "distribution", "normal"));
  if (!operation || !type || !distribution) fail(entry, "no such operation, type or distribution");
  problem.operation = *operation;
  problem.type = *type;
  problem.distribution.kind = *distribution;
  problem.shape.clear();
  for (const toml::node& node : array_of(entry, "shape")) problem.shape.push_back(node.value_or(std::int64_t{0}));
  if (const auto fault = find_fault(problem)) fail(entry, *fault);
  return problem;
}

Broken broken_of(const toml::table& entry) {
  Broken broken;
  broken.file = need<std::string>(entry, "file");
  broken.problem = problem_of(entry, broken.file);
  if (const toml::table* knobs = entry["knobs"].as_table()) {
    for (const auto& [name, value] : *knobs) broken.knobs[std::string(name.str())] = value.value_or(std::int64_t{0});
  }
  broken.refused = value_or<std::string>(entry, "refused", "");
  broken.kinds = kinds_of(entry, "kinds");
  broken.besides = kinds_of(entry, "besides");
  if (broken.kinds.empty() == broken.refused.empty()) fail(entry, "it has either kinds or is refused");
  if (!broken.refused.empty()) return broken;
  broken.quick = need<bool>(entry, "quick");
  for (const toml::node& node : array_of(entry, "repair")) {
    if (!node.is_table()) fail(node, "a repair has 'from' and 'to'");
    broken.repairs.emplace_back(need<std::string>(*node.as_table(), "from"), need<std::string>(*node.as_table(), "to"));
  }
  return broken;
}

}  // namespace

std::string Broken::name() const {
  const std::size_t begin = file.find('_', file.find('/')) + 1;
  return file.substr(begin, file.rfind('.') - begin);
}

std::vector<Broken> read_broken() {
  try {
    const toml::table root = toml::parse_file(kBrokenTable);
    std::vector<Broken> all;
    for (const toml::node& node : array_of(root, "broken")) {
      if (!node.is_table()) fail(node, "write [[broken]]");
      all.push_back(broken_of(*node.as_table()));
    }
    return all;
  } catch (const toml::parse_error& error) {
    throw std::runtime_error(
        fmt::format("{}:{}: {}", kBrokenTable, error.source().begin.line, std::string(error.description())));
  }
}

std::set<int> marked_lines(const std::string& source) {
  std::set<int> lines;
  std::istringstream text(source);
  std::string line;
  for (int number = 1; std::getline(text, line); ++number) {
    for (const char* mark : {"// BUG", "// SEEN", "# BUG"}) {
      if (line.find(mark) != std::string::npos) lines.insert(number);
    }
  }
  return lines;
}

Variant repaired(const Variant& variant, const Broken& broken) {
  std::string text = variant.source;
  for (const auto& [from, to] : broken.repairs) {
    const std::size_t at = text.find(from);
    if (from.empty() || at == std::string::npos || text.find(from, at + 1) != std::string::npos) {
      throw std::runtime_error(fmt::format("{}: not there exactly once: {}", broken.file, from));
    }
    text.replace(at, from.size(), to);
  }
  auto parsed = catalog::parse_variant(variant.id, text, catalog::hash_headers(kBrokenKernels));
  if (const auto* fault = std::get_if<CatalogFault>(&parsed)) {
    throw std::runtime_error(fmt::format("{}:{}: {}", fault->file, fault->line, fault->message));
  }
  return std::get<Variant>(std::move(parsed));
}

}  // namespace knobscope::emulated_tests
