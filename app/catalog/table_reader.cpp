#include "catalog/table_reader.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/nearest.h"

namespace knobscope::catalog {

int line_of(const toml::node& node) { return static_cast<int>(node.source().begin.line); }

std::string_view kind_of(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::none:
      return "nothing";
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a real number";
    case toml::node_type::boolean:
      return "true or false";
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time:
      return "a date or time";
  }
  return "something else";
}

TableReader::TableReader(const toml::table& table, std::string where, int line)
    : table_(&table), where_(std::move(where)), line_(line) {}

void TableReader::allow(std::initializer_list<std::string_view> keys) const {
  // In the order of the file, so that the first mistake is the one that is told.
  const toml::key* first = nullptr;
  for (const auto& [key, value] : *table_) {
    if (std::ranges::find(keys, key.str()) != keys.end()) continue;
    if (first == nullptr || key.source().begin < first->source().begin) first = &key;
  }
  if (first == nullptr) return;
  const std::vector<std::string> known(keys.begin(), keys.end());
  const std::string hint = did_you_mean(first->str(), known);
  throw Mistake{static_cast<int>(first->source().begin.line),
                fmt::format("Unknown key '{}' in {}.{}", first->str(), where_,
                            hint.empty() ? fmt::format(" Known are: {}.", fmt::join(known, ", ")) : hint)};
}

const toml::node* TableReader::find(std::string_view key) const { return table_->get(key); }

const toml::node& TableReader::need(std::string_view key, std::string_view hint) const {
  const toml::node* node = find(key);
  if (node == nullptr) throw Mistake{line_, fmt::format("The key '{}' is missing in {}: {}.", key, where_, hint)};
  return *node;
}

std::string TableReader::text(std::string_view key, std::string_view hint) const {
  const toml::node& node = need(key, hint);
  const auto* text = node.as_string();
  if (text == nullptr) {
    throw Mistake{line_of(node),
                  fmt::format("'{}' in {} must be a string, and is {}: {}.", key, where_, kind_of(node), hint)};
  }
  if (text->get().find_first_not_of(" \t\r\n") == std::string::npos) {
    throw Mistake{line_of(node), fmt::format("'{}' in {} is empty: {}.", key, where_, hint)};
  }
  return text->get();
}

std::string TableReader::optional_text(std::string_view key) const {
  const toml::node* node = find(key);
  if (node == nullptr) return {};
  const auto* text = node->as_string();
  if (text == nullptr) {
    throw Mistake{line_of(*node), fmt::format("'{}' in {} must be a string, and is {}: put it in quotes.", key, where_,
                                              kind_of(*node))};
  }
  return text->get();
}

bool TableReader::flag(std::string_view key, bool otherwise) const {
  const toml::node* node = find(key);
  if (node == nullptr) return otherwise;
  const auto* flag = node->as_boolean();
  if (flag == nullptr) {
    throw Mistake{line_of(*node),
                  fmt::format("'{}' in {} must be true or false, and is {}.", key, where_, kind_of(*node))};
  }
  return flag->get();
}

std::int64_t TableReader::integer(std::string_view key, std::string_view hint) const {
  const toml::node& node = need(key, hint);
  const auto* integer = node.as_integer();
  if (integer == nullptr) {
    throw Mistake{line_of(node),
                  fmt::format("'{}' in {} must be an integer, and is {}: {}.", key, where_, kind_of(node), hint)};
  }
  return integer->get();
}

const toml::array& TableReader::array(std::string_view key, std::string_view hint) const {
  const toml::node& node = need(key, hint);
  const auto* array = node.as_array();
  if (array == nullptr) {
    throw Mistake{line_of(node),
                  fmt::format("'{}' in {} must be a list, and is {}: {}.", key, where_, kind_of(node), hint)};
  }
  if (array->empty()) throw Mistake{line_of(node), fmt::format("'{}' in {} is empty: {}.", key, where_, hint)};
  return *array;
}

std::vector<TableReader> TableReader::tables(std::string_view key) const {
  std::vector<TableReader> readers;
  const toml::node* node = find(key);
  if (node == nullptr) return readers;
  const auto* array = node->as_array();
  if (array == nullptr) {
    throw Mistake{line_of_key(key),
                  fmt::format("'{}' must be a list of tables: write [[{}]] above its keys.", key, key)};
  }
  for (const toml::node& each : *array) {
    const auto* table = each.as_table();
    if (table == nullptr) {
      throw Mistake{line_of(each),
                    fmt::format("'{}' must hold tables, and one entry is {}: write [[{}]] above its keys.", key,
                                kind_of(each), key)};
    }
    readers.emplace_back(*table, fmt::format("[[{}]]", key), line_of(each));
  }
  return readers;
}

std::optional<TableReader> TableReader::table(std::string_view key) const {
  const toml::node* node = find(key);
  if (node == nullptr) return std::nullopt;
  const auto* table = node->as_table();
  if (table == nullptr) {
    throw Mistake{line_of_key(key),
                  fmt::format("'{}' must be a table, and is {}: write [{}] above its keys.", key, kind_of(*node), key)};
  }
  return TableReader(*table, fmt::format("[{}]", key), line_of(*node));
}

int TableReader::line_of_key(std::string_view key) const {
  for (const auto& [each, value] : *table_) {
    if (each.str() == key) return static_cast<int>(each.source().begin.line);
  }
  return line_;
}

std::string expression_text(const toml::node& node, std::string_view what) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* integer = node.as_integer()) return std::to_string(integer->get());
  throw Mistake{line_of(node),
                fmt::format("{} must be an expression in quotes or an integer, and is {}.", what, kind_of(node))};
}

}  // namespace knobscope::catalog
